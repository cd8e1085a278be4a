"""Forecasts learn from what an episode shows of the injections."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.forecasts import foreseeing
from powrl.player.grid.generators import Generators
from powrl.player.grid.grid import Grid
from powrl.player.grid.learned_forecast import LearnedForecast
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import batch_simulator

CASE14 = Scenarios("rte_case14_realistic", names="000")
NO_SLACK = np.zeros(1, dtype=bool)
MOVABLE = Generators(*(np.array([one]) for one in (0, 0.0, 1000.0, 5.0, 5.0)))


def observed(
    step: int, production: float, load: float, forecast: float, **changes: Any
) -> SimpleNamespace:
    """A generator and a load; the load's forecast is its present."""
    none = np.zeros(1)
    content = {
        "current_step": step,
        "gen_p": np.array([production]),
        "load_p": np.array([load]),
        "load_q": np.array([0.3 * load]),
        "curtailment": none,
        "gen_p_before_curtail": none,
        "actual_dispatch": none,
        "get_forecasted_inj": lambda _: (
            np.array([forecast]),
            np.array([1.0]),
            np.array([load]),
            np.array([0.3 * load]),
        ),
    }
    return SimpleNamespace(**{**content, **changes})


def last_of(
    series: np.ndarray, forecast: Callable[[int], float], is_slack: np.ndarray = NO_SLACK
) -> Any:
    """What is foreseen after a series of production, with forecasts by step."""
    learned = LearnedForecast()
    for step, value in enumerate(series):
        seen: Any = observed(step, value, value, forecast(step))
        foreseen = learned.next(seen, MOVABLE, is_slack)
    return foreseen


def decaying(steps: int) -> np.ndarray:
    """Each change is 0.8 times the last one, and a shock comes every 20 steps."""
    changes = np.zeros(steps)
    for step in range(1, steps):
        shock = 10.0 * (-1) ** (step // 20) if step % 20 == 0 else 0.0
        changes[step] = 0.8 * changes[step - 1] + shock
    return np.asarray(100 + np.cumsum(changes))


def test_changes_that_go_on_are_learned() -> None:
    series = decaying(118)
    gen_p, _, load_p, load_q = last_of(series[:-1], lambda step: float(series[step]))
    np.testing.assert_allclose(gen_p, series[-1], atol=0.02)
    np.testing.assert_allclose(load_p, series[-1], atol=0.02)
    np.testing.assert_allclose(load_q, 0.3 * series[-1], atol=0.1)


def test_forecasts_that_hold_stay() -> None:
    series = decaying(118)
    gen_p, *_ = last_of(series[:-1], lambda step: float(series[step + 1]))
    np.testing.assert_allclose(gen_p, series[-1], atol=0.02)


def test_at_first_the_forecast_is_all_there_is() -> None:
    assert last_of(np.array([10.0, 12.0]), lambda _: 15.0)[0] == 15.0


def test_a_step_that_was_not_seen_is_not_learned_from() -> None:
    learned = LearnedForecast()
    for step in (0, 1, 2, 3, 40):
        seen: Any = observed(step, 10.0 * step, 5.0, 7.0)
        gen_p, *_ = learned.next(seen, MOVABLE, NO_SLACK)
    assert gen_p == 7.0


def test_the_slack_keeps_its_forecast() -> None:
    gen_p, *_ = last_of(decaying(60), lambda _: 33.0, np.array([True]))
    assert gen_p == 33.0


@pytest.mark.parametrize(("slope", "end"), [(50.0, 1000.0), (-50.0, 0.0)])
def test_generators_stay_within_their_ends(slope: float, end: float) -> None:
    series = np.clip(500 + slope * np.arange(11.0), 0, 1000)
    gen_p, *_ = last_of(series, lambda step: float(series[step]))
    assert gen_p == end


def test_dispatch_and_curtailment_are_not_part_of_the_time_series() -> None:
    plain, moved = LearnedForecast(), LearnedForecast()
    for step, value in enumerate(decaying(50)):
        dispatched = float(step % 7)
        one: Any = observed(step, value, 50.0, value)
        other: Any = observed(
            step, value + dispatched, 50.0, value, actual_dispatch=np.array([dispatched])
        )
        if step % 3 == 0:
            other.gen_p, other.curtailment = np.zeros(1), np.array([0.5])
            other.gen_p_before_curtail = np.array([value + dispatched])
        expected = plain.next(one, MOVABLE, NO_SLACK)
        np.testing.assert_allclose(moved.next(other, MOVABLE, NO_SLACK), expected)


def test_both_engines_foresee_the_same() -> None:
    engine, stepper = (open_engine(kind, CASE14) for kind in ("grid2op", "fast"))
    try:
        grid = Grid.from_grid2op(engine.grid.action_space)
        is_slack = batch_simulator(engine.grid).is_slack
        learned, again = LearnedForecast(), LearnedForecast()
        episode, twin = (one.start("000", 0) for one in (engine, stepper))
        for _ in range(60):
            plain, stepped = (
                forecast.next(one.observation, grid.generators, is_slack)
                for forecast, one in ((learned, episode), (again, twin))
            )
            np.testing.assert_allclose(plain[0], stepped[0], atol=1e-3)
            np.testing.assert_allclose(plain[2:], stepped[2:], atol=1e-3)
            episode.step(None), twin.step(None)
    finally:
        engine.close(), stepper.close()


def test_an_observation_is_told_what_to_foresee(case14: Any) -> None:
    engine = open_engine("fast", CASE14)
    observations = [case14.reset(), engine.start("000", 0).observation]
    engine.close()
    for observation in observations:
        before = observation.get_forecasted_inj(1)
        other = tuple(np.float32(1.02) * np.asarray(values) for values in before)
        twin = foreseeing(observation, other)
        for values, expected in zip(twin.get_forecasted_inj(1), other, strict=True):
            np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(observation.get_forecasted_inj(1)[0], before[0])


def test_what_is_foreseen_is_simulated(case14: Any) -> None:
    observation = case14.reset()
    gen_p, gen_v, load_p, load_q = observation.get_forecasted_inj(1)
    twin = foreseeing(observation, (gen_p, gen_v, np.float32(1.1) * load_p, load_q))
    simulator = batch_simulator(case14)
    nothing = GridAction.nothing(simulator.positions)
    (batched,) = simulator.evaluate(twin, [nothing])
    (simulated,) = ForecastSimulator().evaluate(twin, [nothing])
    (plain,) = simulator.evaluate(observation, [nothing])
    np.testing.assert_allclose(batched.rho, simulated.rho, atol=1e-5)
    assert np.abs(batched.rho - plain.rho).max() > 0.01
