"""Time series without forecasts are played on the present injections, and that is told once."""

from __future__ import annotations

import logging
from typing import Any

import grid2op
import numpy as np
import pytest
from grid2op.Chronics import ChangeNothing, GridStateFromFile

from powrl.configuration.loading import load_configuration
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios, open_environment, require_readable
from powrl.learning.environment import PowRLEnvironment
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.forecasts import tell_missing_forecasts, with_forecast
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.scoring.reconnecting_agent import ReconnectingAgent
from powrl.workspace.agents import load_agent

CASE14 = Scenarios("rte_case14_realistic", names="000")
WITHOUT = {"data_feeding_kwargs": {"gridvalueClass": GridStateFromFile}}


@pytest.fixture
def bare() -> Any:
    environment = open_environment(CASE14, **WITHOUT)
    environment.set_thermal_limit(0.5 * environment.get_thermal_limit())
    tell_missing_forecasts.cache_clear()
    yield environment
    environment.close()


def test_the_forecast_is_the_present(bare: Any) -> None:
    bare.reset()
    observation, *_ = bare.step(bare.action_space({"redispatch": [(0, 1.0)]}))
    gen_p, _, load_p, _ = with_forecast(observation).get_forecasted_inj(1)
    np.testing.assert_allclose(gen_p, observation.gen_p - observation.actual_dispatch)
    np.testing.assert_array_equal(load_p, observation.load_p)


def test_an_observation_with_forecasts_is_left_alone(case14: Any) -> None:
    observation = case14.get_obs()
    assert with_forecast(observation) is observation


def test_both_simulators_agree_without_forecasts(bare: Any) -> None:
    observation = with_forecast(bare.reset())
    nothing = GridAction.nothing(batch_simulator(bare).positions)
    (batched,) = batch_simulator(bare).evaluate(observation, [nothing])
    (simulated,) = ForecastSimulator().evaluate(observation, [nothing])
    np.testing.assert_allclose(batched.rho, simulated.rho, atol=1e-5)


def test_an_agent_decides_and_tells_once(bare: Any, caplog: pytest.LogCaptureFixture) -> None:
    observation = bare.reset()
    agent = load_agent("rte_case14_realistic/powrl", bare)
    assert observation.rho.max() > 0.95
    for _ in range(2):
        agent.act(observation, 0.0)
    assert agent.failed_decisions == 0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "no forecasts" in caplog.text


def test_several_lines_are_reconnected_by_the_baseline(bare: Any) -> None:
    bare.reset()
    for line in (3, 4):
        observation, *_ = bare.step(bare.action_space({"set_line_status": [(line, -1)]}))
    observation.time_before_cooldown_line[:] = 0
    action = ReconnectingAgent(bare.action_space).act(observation, 0.0)
    assert action.get_topological_impact()[0].any()


def test_it_is_told_before_anything_is_played(bare: Any, caplog: pytest.LogCaptureFixture) -> None:
    require_readable(bare)
    assert "no forecasts" in caplog.text


@pytest.mark.parametrize("engine", ["fast", "grid2op"])
def test_the_environment_plays(engine: str) -> None:
    configuration = load_configuration("case14", ["overload.critical_rho=0.8"])
    opened = open_engine(engine, CASE14, **WITHOUT)
    environment = PowRLEnvironment(configuration, engine=opened)
    features, _ = environment.reset(seed=0)
    assert np.isfinite(features).all()
    environment.step(0)
    environment.close()


def test_series_that_never_change_have_no_forecast_either() -> None:
    environment = grid2op.make("rte_case14_realistic", test=True, chronics_class=ChangeNothing)
    observation = environment.reset()
    np.testing.assert_array_equal(
        with_forecast(observation).get_forecasted_inj(1)[2], observation.load_p
    )
    environment.close()
