"""The opponent of the training attacks the lines that it is given."""

from powrl.learning.attacks import attacks_on
from powrl.learning.environment import PowRLEnvironment
from tests.learning.test_training import configuration

LINES = ["1_3_3", "6_8_19"]


def attacked(environment: PowRLEnvironment) -> set[str]:
    """Names of the lines that are attacked in some episodes of doing nothing."""
    names = environment._engine.grid.name_line
    seen = set()
    for seed in range(4):
        episode = environment._engine.start("0000", seed)
        while not episode.done:
            episode.step()
            if episode.attacked is not None:
                seen.add(str(names[episode.attacked]))
    return seen


def test_no_lines_leave_the_environment_its_own_opponent():
    assert attacks_on(()) == {}


def test_the_lines_given_are_attacked_in_training_alone():
    given = configuration(f"training.attacked_lines={LINES}")
    for split, expected in (("train", set(LINES)), ("validation", set())):
        environment = PowRLEnvironment(given.model_copy(update=_same_scenarios(given)), split)
        assert attacked(environment) == expected
        environment.close()


def _same_scenarios(given):
    """Validation on the scenarios of the training."""
    return {"scenarios": given.scenarios.model_copy(update={"validation": given.scenarios.train})}
