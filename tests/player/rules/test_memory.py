"""What rules remember ends with the episode, whoever plays it."""

from types import SimpleNamespace

import pytest

from powrl.player.rules.memory import EpisodeMemory


class Seen:
    def __init__(self):
        self.steps = []


class Others(Seen):
    pass


def at(step):
    return SimpleNamespace(current_step=step)


def test_a_part_stays_what_it_is():
    memory = EpisodeMemory()
    memory.part(Seen).steps.append(3)
    assert memory.part(Seen).steps == [3]


def test_classes_have_parts_of_their_own():
    memory = EpisodeMemory()
    memory.part(Seen).steps.append(3)
    assert memory.part(Others).steps == []
    assert type(memory.part(Others)) is Others


def test_a_copy_goes_its_own_way():
    memory = EpisodeMemory()
    memory.part(Seen).steps.append(3)
    assert memory.goes_on_at(at(5))
    branch = memory.copy()
    branch.part(Seen).steps.append(4)
    assert memory.part(Seen).steps == [3]
    assert branch.part(Seen).steps == [3, 4]
    assert branch.goes_on_at(at(9))
    assert memory.goes_on_at(at(6))


@pytest.mark.parametrize(
    ("steps", "goes_on"),
    [
        ([0, 1, 2], [True, True, True]),
        ([0, 5], [True, True]),  # nobody asks in each step
        ([3, 4], [True, True]),  # an episode may begin late
        ([5, 0, 1], [True, False, True]),
        ([5, 5], [True, False]),  # another episode, since it is asked once in a step
        ([0, 0, 0], [True, False, False]),
    ],
)
def test_an_earlier_step_is_of_another_episode(steps, goes_on):
    memory = EpisodeMemory()
    assert [memory.goes_on_at(at(step)) for step in steps] == goes_on
