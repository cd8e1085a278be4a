"""Batched outcomes are those of grid2op's own simulate, from every kind of state."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from grid2op.Action import CompleteAction
from grid2op.Backend import PandaPowerBackend
from grid2op.Observation import BaseObservation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.batch import BatchSimulator
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.grid_model import GridModel, Injections
from powrl.player.lookahead.make_simulator import batch_simulator, choose_simulator
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.comparison import candidate_differences
from powrl.testing.random_play import random_action

batch_of = batch_simulator


def play(environment, action: GridAction):
    return environment.step(action.to_grid2op(environment.action_space))


def topologies(environment, observation, count=40):
    actions = unitary_topologies(GridLayout.from_grid2op(environment))
    positions = Positions.from_grid2op(environment)
    chosen = np.linspace(0, len(actions) - 1, count).astype(int)
    return [
        GridAction.of_substation(
            positions,
            actions.actions[i].substation,
            actions.actions[i].busbars,
            observation.topo_vect,
        )
        for i in chosen
    ]


def assert_same(outcomes, true):
    for one, other in zip(outcomes, true, strict=True):
        assert (one.legal, one.game_over) == (other.legal, other.game_over)
        if not other.game_over:
            np.testing.assert_allclose(one.rho, other.rho, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["rte_case14_realistic", "l2rpn_wcci_2022_dev"])
def test_many_topologies(name):
    environment = open_environment(Scenarios(name))
    observation = start_episode(environment, 0, 0)
    actions = topologies(environment, observation, 60)
    true = ForecastSimulator().evaluate(observation, actions)
    assert_same(batch_of(environment).evaluate(observation, actions), true)
    assert len({round(outcome.max_rho, 4) for outcome in true}) > 20
    environment.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(524287)  # a load of 3.6 times the limit opens three lines, which splits the grid
@given(st.integers(0, 2**32 - 1))
def test_any_action(case14, seed):
    generator, positions = np.random.default_rng(seed), Positions.from_grid2op(case14)
    actions = [random_action(positions, generator) for _ in range(5)]
    observation = case14.get_obs()
    assert not candidate_differences(batch_of(case14), observation, observation, actions)


def test_outcomes_do_not_depend_on_what_is_evaluated_with_them(neurips):
    observation, batch = neurips.get_obs(), batch_of(neurips)
    actions = topologies(neurips, observation, 50)
    together = batch.evaluate(observation, actions)
    for number in (0, 20, 49):
        assert_same(batch.evaluate(observation, [actions[number]]), [together[number]])
    assert batch.evaluate(observation, []) == []


def test_the_environment_is_not_touched(case14):
    observation, batch = case14.get_obs(), batch_of(case14)
    before = case14.backend._grid.get_V().copy()
    batch.evaluate(observation, topologies(case14, observation))
    np.testing.assert_array_equal(case14.backend._grid.get_V(), before)
    after, *_ = case14.step(case14.action_space({}))
    assert set(after.topo_vect) == {1}


def test_under_attack_with_overflow_counters_and_cascades():
    """Episodes whose limits are so low that protections open lines."""
    environment = open_environment(Scenarios("l2rpn_neurips_2020_track1"))
    environment.set_thermal_limit(environment.get_thermal_limit() * 0.7)
    observation, seen = start_episode(environment, 0, 4), set()
    batch, generator = batch_of(environment), np.random.default_rng(0)
    compared = 0
    while compared < 8:
        actions = topologies(environment, observation, 14)
        if compared or observation.timestep_overflow.any():
            assert not candidate_differences(batch, observation, observation, actions)
            outcomes = batch.evaluate(observation, actions)
            counting = observation.timestep_overflow.max()
            seen.add(int(counting))
            opened = [
                (o.rho == 0) & observation.line_status & ~np.isinf(o.max_rho) for o in outcomes
            ]
            seen.update({"cascade"} if np.any(opened) else set())
            compared += 1
        action = actions[generator.integers(len(actions))] if compared % 3 else None
        action = action or GridAction.nothing(Positions.from_grid2op(environment))
        observation, _, done, _ = play(environment, action)
        if done:
            observation = start_episode(environment, 1, compared)
    assert {1, 2, "cascade"} <= seen
    environment.close()


def test_maintenance_that_begins_or_goes_on_or_ends(neurips):
    observation, batch, seen = start_episode(neurips, 0, 1), batch_of(neurips), set()
    actions = topologies(neurips, observation, 6)
    for _ in range(862):
        ahead, lasts = observation.time_next_maintenance, observation.duration_next_maintenance
        kinds = {
            "begins": (ahead == 1).any(),
            "goes on": ((ahead == 0) & (lasts > 1)).any(),
            "ends": ((ahead == 0) & (lasts == 1)).any(),
        }
        holding = {kind for kind, holds in kinds.items() if holds}
        if holding - seen:
            assert not candidate_differences(batch, observation, observation, actions)
            seen |= holding
        observation, _, done, _ = neurips.step(neurips.action_space({}))
        if done:
            observation = start_episode(neurips, 0, int(neurips.space_prng.randint(1000)))
        if len(seen) == 3:
            break
    assert seen == set(kinds)


def test_a_moved_slack_generator(case14):
    observation, positions = case14.get_obs(), Positions.from_grid2op(case14)
    slack = [generator.is_slack for generator in case14.backend._grid.get_generators()].index(True)
    action = GridAction.nothing(positions)
    action.set_bus[positions.part(int(case14.gen_to_subid[slack]))] = 2
    true = ForecastSimulator().evaluate(observation, [action] * 4)
    assert not true[0].game_over
    assert_same(batch_of(case14).evaluate(observation, [action] * 4), true)


class TestWhatOnlyGrid2opCovers:
    def test_an_action_with_redispatching(self, neurips):
        observation = neurips.get_obs()
        generator = int(np.flatnonzero(neurips.gen_redispatchable)[0])
        both = neurips.action_space(
            {"redispatch": [(generator, 1.0)], "set_line_status": [(3, -1)]}
        )
        actions = [*topologies(neurips, observation, 4), both]
        true = ForecastSimulator().evaluate(observation, actions)
        assert_same(batch_of(neurips).evaluate(observation, actions), true)

    def test_redispatching_under_way(self, neurips, monkeypatch):
        """Beyond what ramps and limits allow, so that grid2op has to fit it, for many steps."""
        random, batch, plain = np.random.default_rng(0), batch_of(neurips), ForecastSimulator()
        movable = np.flatnonzero(neurips.gen_redispatchable)
        compared = 0
        for step in range(40):
            redispatch = np.zeros(neurips.n_gen, dtype=np.float32)
            ramps = neurips.gen_max_ramp_up[movable]
            redispatch[movable] = random.uniform(-ramps, ramps) * (step < 25)
            observation, _, done, _ = neurips.step(neurips.action_space({"redispatch": redispatch}))
            assert not done
            if step % 4 == 0:
                actions = topologies(neurips, observation, 12)
                true = plain.evaluate(observation, actions)
                with monkeypatch.context() as patch:
                    patch.delattr(ForecastSimulator, "_evaluate")
                    assert_same(batch.evaluate(observation, actions), true)
                compared += (
                    np.abs(observation.actual_dispatch - observation.target_dispatch).max() > 1
                )
        assert compared > 3

    def test_redispatching_that_cannot_go_on(self, neurips):
        """Doing nothing ends the episode, another action need not."""
        neurips.set_thermal_limit(np.full(neurips.n_line, 20.0))
        generator = int(np.flatnonzero(neurips.gen_redispatchable)[0])
        for _ in range(3):
            observation, _, done, _ = neurips.step(
                neurips.action_space({"redispatch": [(generator, 1.0)]})
            )
        assert not done
        actions = topologies(neurips, observation, 4)
        true = ForecastSimulator().evaluate(observation, actions)
        assert true[0].game_over
        assert_same(batch_of(neurips).evaluate(observation, actions), true)

    def test_a_settled_dispatch_is_known_without_simulation(self, neurips, monkeypatch):
        room = np.minimum(neurips.get_obs().gen_p, neurips.gen_pmax - neurips.get_obs().gen_p)
        one, other = np.argsort(-room * neurips.gen_redispatchable)[:2]
        moves = neurips.action_space({"redispatch": [(one, 1.0), (other, -1.0)]})
        observation, _, done, _ = neurips.step(moves)
        neurips.set_thermal_limit(np.full(neurips.n_line, 20.0))
        for _ in range(3):
            observation, _, done, _ = neurips.step(neurips.action_space({}))
        assert not done
        assert np.abs(observation.actual_dispatch).max() > 0.9
        actions = topologies(neurips, observation, 8)
        true = ForecastSimulator().evaluate(observation, actions)
        assert true[0].game_over
        monkeypatch.delattr(ForecastSimulator, "_evaluate")
        monkeypatch.setattr(BaseObservation, "simulate", None)
        assert_same(batch_of(neurips).evaluate(observation, actions), true)

    def test_it_is_grid2op_that_is_asked(self, neurips, monkeypatch):
        batches = []
        plain = ForecastSimulator.evaluate
        monkeypatch.setattr(
            ForecastSimulator,
            "evaluate",
            lambda self, *args: batches.append(len(args[1])) or plain(self, *args),
        )
        observation, batch = neurips.get_obs(), batch_of(neurips)
        change = neurips.action_space({"change_line_status": [3]})
        batch.evaluate(observation, [neurips.action_space({}), change])
        assert sum(batches) == 1


class TestWhatSimulateReallyUses:
    """grid2op simulates by parameters and limits of its own, which can be changed."""

    def same(self, environment, batch):
        observation = environment.get_obs()
        positions = Positions.from_grid2op(environment)
        two = GridAction.nothing(positions)
        two.set_bus[positions.part(1)] = two.set_bus[positions.part(2)] = 1
        actions = [*topologies(environment, observation, 10), two]
        return not candidate_differences(batch, observation, observation, actions)

    def test_limits_that_are_changed_later(self):
        environment = open_environment(Scenarios("rte_case14_realistic"))
        environment.reset()
        batch = batch_of(environment)
        environment.set_thermal_limit(environment.get_thermal_limit() * 0.8)
        environment.step(environment.action_space({}))
        assert self.same(environment, batch)
        environment.close()

    @pytest.mark.parametrize("change", ["change_parameters", "change_forecast_parameters"])
    def test_parameters_of_the_environment_or_of_its_forecasts(self, change):
        environment = open_environment(Scenarios("rte_case14_realistic"))
        environment.set_thermal_limit(environment.get_thermal_limit() * 0.5)
        parameters = environment.parameters
        parameters.MAX_SUB_CHANGED, parameters.NO_OVERFLOW_DISCONNECTION = 2, True
        getattr(environment, change)(parameters)
        environment.reset()
        assert self.same(environment, batch_of(environment))
        environment.close()

    def test_another_grid_in_the_forecasts(self):
        environment = open_environment(Scenarios("l2rpn_case14_sandbox_diff_grid"))
        environment.reset()
        assert self.same(environment, batch_of(environment))
        environment.close()

    def test_shunts_that_may_be_changed(self, caplog):
        environment = open_environment(
            Scenarios("rte_case14_realistic"), action_class=CompleteAction
        )
        environment.reset()
        with caplog.at_level(logging.INFO, logger="powrl"):
            assert isinstance(choose_simulator(environment), ForecastSimulator)
        assert "actions may change shunts" in caplog.text
        environment.close()


def test_a_grid_that_loses_its_slack_is_a_game_over():
    """lightsim2grid raises where grid2op ends the episode; what comes after is not affected."""
    environment = open_environment(Scenarios("rte_case5_example"))
    observation, positions = environment.reset(), Positions.from_grid2op(environment)
    actions = []
    for places in ({7: 2, 8: 2}, {8: -1}, {8: 2}, {}):
        actions.append(GridAction.nothing(positions))
        for place, busbar in places.items():
            actions[-1].set_bus[place] = busbar
    assert not candidate_differences(batch_of(environment), observation, observation, actions)
    environment.close()


class TestStates:
    """Against simulate from an observation that was changed in the same way."""

    @pytest.fixture
    def setting(self, neurips):
        observation = neurips.get_obs()
        return neurips, observation, batch_of(neurips), topologies(neurips, observation, 30)

    def test_with_a_line_out(self, setting):
        environment, observation, batch, actions = setting
        positions = Positions.from_grid2op(environment)
        line = 20
        state = GridState.from_observation(observation).without_line(positions, line)
        changed = observation.copy()
        _reattach(changed, observation)
        changed.topo_vect[[positions.origin[line], positions.extremity[line]]] = -1
        changed.line_status[line] = False
        changed._env_internal_params["_line_status_env"][line] = -1
        assert_same(
            batch.evaluate_state(state, actions), ForecastSimulator().evaluate(changed, actions)
        )

    def test_with_another_topology(self, setting):
        environment, observation, batch, actions = setting
        before = actions[7]
        topology = np.where(before.set_bus != 0, before.set_bus, observation.topo_vect)
        assert (topology == 2).any()
        state = GridState.from_observation(observation).with_topology(topology)
        changed = observation.copy()
        _reattach(changed, observation)
        changed.topo_vect[:] = topology
        assert_same(
            batch.evaluate_state(state, actions), ForecastSimulator().evaluate(changed, actions)
        )
        assert environment is not None

    def test_busbars_alone_are_played_like_actions(self, setting):
        _, observation, batch, actions = setting
        state = GridState.from_observation(observation)
        cooldown = state.substation_cooldown.copy()
        cooldown[batch.positions.substation[np.flatnonzero(actions[3].set_bus)[0]]] = 2
        state = replace(state, substation_cooldown=cooldown)
        set_bus = np.array([action.set_bus for action in actions])
        before, outcomes = set_bus.copy(), batch.evaluate_state(state, actions)
        loads = batch.play_topologies(state, set_bus).max_rho
        assert loads.tolist() == [outcome.max_rho for outcome in outcomes]
        assert loads[3] == np.inf
        assert np.isfinite(loads).any()
        assert (set_bus == before).all()

    def test_with_given_injections(self, setting):
        _, observation, batch, actions = setting
        gen_p, gen_v, load_p, load_q = observation.get_forecasted_inj(1)
        injections = Injections(gen_p, gen_v, load_p * np.float32(1.05), load_q)
        state = GridState.from_observation(observation).with_injections(injections)
        changed = observation.copy()
        _reattach(changed, observation)
        stamp, content = changed._forecasted_inj[1]
        content = {"injection": {**content["injection"], "load_p": injections.load_p}}
        changed._forecasted_inj[1] = (stamp, content)
        assert_same(
            batch.evaluate_state(state, actions), ForecastSimulator().evaluate(changed, actions)
        )

    def test_a_base_that_cannot_be_solved(self, case14):
        """A load that lost all its lines: what brings one back is evaluated all the same."""
        positions = Positions.from_grid2op(case14)
        state = GridState.from_observation(case14.get_obs())
        substation = 13
        lines = np.flatnonzero(
            (positions.substation[positions.origin] == substation)
            | (positions.substation[positions.extremity] == substation)
        )
        for line in lines:
            state = state.without_line(positions, int(line))
        actions = []
        for line in range(positions.n_line):
            action = GridAction.nothing(positions)
            action.set_line_status[line] = 1
            actions.append(action)
        alive = [
            not outcome.game_over for outcome in batch_of(case14).evaluate_state(state, actions)
        ]
        assert np.flatnonzero(alive).tolist() == lines.tolist()


def _reattach(copied, observation):
    """grid2op's copy of an observation cannot simulate; the original's means serve."""
    copied._obs_env, copied.action_helper = observation._obs_env, observation.action_helper
    copied._ptr_kwargs_env = observation._ptr_kwargs_env
    copied._forecasted_grid_act = {}


def on_pandapower(**make):
    return open_environment(
        Scenarios("rte_case14_realistic"), backend=PandaPowerBackend(with_numba=False), **make
    )


class TestChoice:
    def test_batches_on_lightsim2grid(self, case14, caplog):
        with caplog.at_level(logging.INFO, logger="powrl"):
            assert isinstance(choose_simulator(case14), BatchSimulator)
        assert "in batches on lightsim2grid's grid model" in caplog.text

    def test_another_backend_s_grid_is_read_by_lightsim2grid(self, case14):
        with on_pandapower() as environment:
            simulator = choose_simulator(environment)
            with pytest.raises(PowrlError, match="the backend is PandaPowerBackend"):
                GridModel(environment.backend)
            assert isinstance(simulator, BatchSimulator)
            observation = case14.get_obs()
            own, actions = batch_of(case14), topologies(case14, observation)
            assert [
                outcome.rho.tolist() for outcome in simulator.evaluate(observation, actions)
            ] == [outcome.rho.tolist() for outcome in own.evaluate(observation, actions)]
            assert_same(
                simulator.evaluate(environment.get_obs(), actions),
                ForecastSimulator().evaluate(environment.get_obs(), actions),
            )

    def test_simulate_where_that_grid_is_not_to_be_had(self, caplog, monkeypatch, tmp_path):
        with (
            open_environment(Scenarios("rte_case5_example")) as other,
            on_pandapower() as environment,
        ):
            for folder, reason in (
                (tmp_path / "none", "there is no folder"),
                (other.get_path_env(), "is for a grid of 14 substations, this grid has 5"),
            ):
                monkeypatch.setattr(environment, "get_path_env", lambda folder=folder: str(folder))
                with caplog.at_level(logging.INFO, logger="powrl"):
                    assert isinstance(choose_simulator(environment), ForecastSimulator)
                assert reason in caplog.text

    def test_simulate_where_substations_have_three_busbars(self, caplog):
        with on_pandapower(n_busbar=3) as environment, caplog.at_level(logging.INFO):
            assert isinstance(choose_simulator(environment), ForecastSimulator)
        assert "substations have 3 busbars, not 2" in caplog.text
