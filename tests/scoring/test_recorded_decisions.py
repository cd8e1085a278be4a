"""What was simulated for a decision is kept, without its arrays."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from powrl.player.lookahead.outcome import Outcome
from powrl.scoring.recorded_arrays import POWERS, common_sizes
from powrl.scoring.recorded_decisions import (
    GAME_OVER,
    ILLEGAL,
    LEGAL,
    UNKNOWN_LOAD,
    DecisionRecorder,
    continued,
)


def is_consistent(arrays: dict[str, np.ndarray]) -> bool:
    """Whether the arrays of decisions fit each other."""
    return common_sizes(arrays, {name: POWERS[name] for name in arrays}) is not None


def a_candidate(label: str, load: float, legal: bool = True, game_over: bool = False) -> object:
    return SimpleNamespace(label=label, outcome=Outcome(np.array([load]), legal, game_over))


def a_recorder(step: int = 3, why: str = "it is the first", cut: bool = False) -> DecisionRecorder:
    candidates = (
        *(a_candidate("a", 1.2345), a_candidate("b", 0.9)),
        *(a_candidate("a", 0.5, legal=False), a_candidate("c", 0.5, game_over=True)),
    )
    recorder = DecisionRecorder()
    recorder.add(
        step,
        SimpleNamespace(candidates=candidates, chosen=candidates[1], why=why, cut=cut),
    )
    return recorder


def test_loads_states_and_the_choice_are_kept() -> None:
    arrays = a_recorder().arrays(5)
    assert is_consistent(arrays)
    assert arrays["candidate_steps"].tolist() == [3] * 4
    assert arrays["labels"][arrays["candidate_labels"]].tolist() == ["a", "b", "a", "c"]
    assert arrays["candidate_loads"].tolist() == [1234, 900, UNKNOWN_LOAD, UNKNOWN_LOAD]
    assert arrays["candidate_states"].tolist() == [LEGAL, LEGAL, ILLEGAL, GAME_OVER]
    assert arrays["candidate_chosen"].tolist() == [False, True, False, False]
    assert arrays["whys"].tolist() == ["", "", "", "it is the first", ""]


def test_a_search_that_the_clock_ended_is_told() -> None:
    whys = a_recorder(0, cut=True).arrays(1)["whys"]
    assert whys.tolist() == ["it is the first; the clock ended the search early"]


def test_a_decision_of_an_older_agent_lacks_some() -> None:
    recorder = DecisionRecorder()
    recorder.add(0, SimpleNamespace(rule="nothing", choice="do nothing"))
    arrays = recorder.arrays(2)
    assert is_consistent(arrays)
    assert not len(arrays["candidate_steps"])


def test_an_episode_that_goes_on_otherwise_keeps_what_was_before() -> None:
    before, after = a_recorder(3).arrays(6), a_recorder(5, "another").arrays(6)
    joined = continued(before, after, 4)
    assert is_consistent(joined)
    assert joined["candidate_steps"].tolist() == [3] * 4 + [5] * 4
    assert joined["labels"][joined["candidate_labels"]].tolist() == ["a", "b", "a", "c"] * 2
    assert joined["whys"].tolist() == ["", "", "", "it is the first", "", "another"]
    assert not len(continued(before, after, 6)["candidate_steps"][4:])
