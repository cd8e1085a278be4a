"""Estimated scores: the formula of grid2op's class, and one short scenario."""

import numpy as np
import pytest

from benchmarks.estimates import Course, Reference, Row, Rows, difference, play
from powrl.editions.editions import CostUnits
from powrl.environments.opening import Scenarios


def course(cost, steps):
    return Course(cost, 0.0, steps, 10, 0.0, np.full(steps, 1.0))


@pytest.mark.parametrize(
    ("played", "units", "score"),
    [
        (course(2.0, 10), CostUnits.NOW, 80.0),  # as much as the reference
        (course(2.0, 10), CostUnits.YEAR_2020, 80.0),
        (course(0.0, 10), CostUnits.NOW, 100.0),
        (course(1.0, 4), CostUnits.NOW, 0.0),  # as much as doing nothing
        (course(0.0, 0), CostUnits.NOW, -100.0),
    ],
)
def test_scores_are_those_of_the_official_formula(played, units, score):
    reference = Reference(course(1.0, 4), course(2.0, 10), np.full(10, 100.0))
    assert reference.score(played, units) == pytest.approx(score)


def test_what_is_held_costs_more_in_units_of_2020():
    reference = Reference(course(1.0, 4), course(2.0, 10), np.full(10, 100.0))
    played = Course(2.0, 3.0, 10, 10, 0.0, np.full(10, 1.0))
    then, now = (reference.score(played, units) for units in (CostUnits.YEAR_2020, CostUnits.NOW))
    assert then < now < 80


def test_agents_play_the_same_episode():
    agent = "l2rpn_case14_sandbox/powrl"
    scenarios = Scenarios("l2rpn_case14_sandbox")
    rows = play(scenarios, "0000", 0, [agent, f"{agent}[critical_rho=2.0]"])
    assert [row.steps for row in rows] == [575, 575]  # doing nothing survives it
    assert rows[0].held_mw == 0
    assert rows[0].seconds > 0
    assert rows[0].score == pytest.approx(rows[0].score_2020, abs=1.0)
    assert -1 < rows[1].score < 1


def row(agent, scenario, seed, steps):
    return Row(agent, scenario, seed, steps, 10, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_a_stopped_run_goes_on(tmp_path):
    file = tmp_path / "rows.jsonl"
    Rows(file).add([row("a", "one", 0, 5)])
    rows = Rows(file)
    assert rows.missing("one", 0, ["a", "b"]) == ["b"]
    assert rows.missing("one", 1, ["a", "b"]) == ["a", "b"]
    assert rows.by_agent("a", [("one", 0)]) == [row("a", "one", 0, 5)]


def test_differences_are_paired_by_episode():
    scenarios = [f"week {number}" for number in range(10)]
    first = [row("a", scenario, seed, 5) for seed in (0, 1) for scenario in scenarios]
    other = [row("b", scenario, seed, 6) for seed in (0, 1) for scenario in scenarios]
    assert difference(other, first) == "+10.0 (+10.0 to +10.0)"
    assert difference(other[:1], first[:1]) == "+10.0"
