"""States after a step are those of the real environment; a search finds what there is to find."""

import grid2op
import numpy as np
import pytest
from grid2op.Chronics import ChangeNothing
from lightsim2grid import LightSimBackend

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead import beam_search
from powrl.player.lookahead.beam_search import by_outcome, search_sequence
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.grid_model import Injections
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.solved_state import SolvedState
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.random_play import random_action

PARTS = (
    *("topology", "last_topology", "line_cooldown", "substation_cooldown"),
    *("overflow_steps", "maintenance"),
)


def solved(simulator, state):
    return SolvedState(simulator, state, Clock())


by_load = by_outcome(lambda outcome: outcome.max_rho)


@pytest.mark.parametrize(
    ("name", "limits", "wild", "needed"),
    [
        ("rte_case14_realistic", 0.8, True, {"opened", "counting", "illegal"}),
        ("l2rpn_neurips_2020_track1", 1.0, False, {"maintenance", "attack", "cooldown"}),
    ],
)
def test_the_state_after_a_step_is_that_of_the_stepper(name, limits, wild, needed):
    engine = open_engine("fast", Scenarios(name))
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() * np.float32(limits))
    simulator, actions = (
        engine.simulator(),
        unitary_topologies(GridLayout.from_grid2op(engine.grid)),
    )
    generator, seen, compared = np.random.default_rng(0), set(), 0
    for seed in range(60):
        if compared >= 100 and seen >= needed:
            break
        episode = engine.start(engine.scenarios[seed % 2], seed)
        while not episode.done and (compared < 100 or not seen >= needed):
            now, attacked = episode.observation, episode.attacked
            action = GridAction.nothing(simulator.positions)
            if wild and generator.integers(3) == 0:
                action = random_action(simulator.positions, generator)
            elif generator.integers(3) == 0:
                chosen = actions.actions[generator.integers(len(actions))]
                action = GridAction.of_substation(
                    simulator.positions, chosen.substation, chosen.busbars, now.topo_vect
                )
                if simulator.evaluate(now, [action])[0].max_rho > 0.95:
                    action = GridAction.nothing(simulator.positions)
            after = episode.step(action)
            if episode.done:
                break
            if episode.attacked and episode.attacked != attacked:
                continue  # nobody can know
            injections = Injections(after.gen_p, after.gen_v, after.load_p, after.load_q)
            state = GridState.from_observation(now).with_injections(injections)
            true, predicted = (
                GridState.from_observation(after),
                simulator.play_state(state, [action]),
            )
            for part in PARTS:
                np.testing.assert_array_equal(
                    getattr(predicted.state_after(0), part), getattr(true, part), err_msg=part
                )
            compared += 1
            kinds = {
                "opened": bool(episode.opened),
                "counting": true.overflow_steps.any(),
                "cooldown": true.substation_cooldown.any(),
                "illegal": not episode.legal,
                "maintenance": (now.time_next_maintenance == 1).any(),
                "attack": bool(episode.attacked),
            }
            seen |= {kind for kind, holds in kinds.items() if holds}
    engine.close()
    assert seen >= needed
    assert compared >= 100


def test_nothing_comes_after_a_game_over(case14):
    simulator = batch_simulator(case14)
    action = GridAction.nothing(simulator.positions)
    action.set_bus[simulator.positions.load[0]] = 2
    played = simulator.play_state(GridState.from_observation(case14.get_obs()), [action])
    assert played.outcomes()[0].game_over
    with pytest.raises(ValueError, match="nothing comes after a game over"):
        played.state_after(0)


class TestSearch:
    """On a grid whose injections never change, what is predicted is what then happens."""

    @pytest.fixture
    def still(self, monkeypatch):
        """An environment with an overload, its simulator, state and actions."""
        environment = grid2op.make(
            "rte_case14_realistic",
            test=True,
            backend=LightSimBackend(),
            chronics_class=ChangeNothing,
        )
        observation = environment.reset()
        limits = environment.get_thermal_limit()
        loads = np.sort(observation.rho)
        environment.set_thermal_limit(limits * np.float32(loads[-1] / 1.15))
        observation = environment.reset()
        assert 1.1 < observation.rho.max() < 1.2
        injections = observation.get_forecasted_inj(0)  # grid2op forecasts nothing here
        monkeypatch.setattr(observation, "get_forecasted_inj", lambda _: injections)
        yield (
            environment,
            batch_simulator(environment),
            GridState.from_observation(observation),
            unitary_topologies(GridLayout.from_grid2op(environment)),
        )
        environment.close()

    def test_it_finds_what_trying_all_pairs_finds(self, still):
        _, simulator, state, actions = still
        sequence = search_sequence(
            solved(simulator, state), actions, by_load, 0.0, width=10_000, depth=2
        )
        singles = [GridAction.nothing(simulator.positions)]
        singles += actions.candidates(state.topology, state.substation_cooldown)[1]
        played, lowest = simulator.play_state(state, singles), np.inf
        for row, outcome in enumerate(played.outcomes()):
            if outcome.max_rho < np.inf:
                then = played.state_after(row)
                seconds = actions.candidates(then.topology, then.substation_cooldown)[1]
                outcomes = simulator.evaluate_state(then, [singles[0], *seconds])
                lowest = min(lowest, *(outcome.max_rho for outcome in outcomes))
        assert sequence.outcomes[-1].max_rho == pytest.approx(lowest, abs=1e-6)
        assert lowest < min(outcome.max_rho for outcome in played.outcomes()) - 0.01

    def test_it_happens_as_predicted(self, still):
        environment, simulator, state, actions = still
        sequence = search_sequence(
            solved(simulator, state), actions, by_load, 0.0, width=5, depth=4
        )
        assert len(sequence.choices) == 4
        for choice, action, outcome, topology in zip(
            sequence.choices, sequence.actions, sequence.outcomes, sequence.topologies, strict=True
        ):
            after, _, done, info = environment.step(action.to_grid2op(environment.action_space))
            assert not done
            assert not info["is_illegal"]
            np.testing.assert_allclose(after.rho, outcome.rho, rtol=1e-5)
            np.testing.assert_array_equal(after.topo_vect, topology)
            if choice is not None:
                expected = actions.actions[choice]
                part = actions.layout.part(expected.substation)
                np.testing.assert_array_equal(after.topo_vect[part], expected.busbars)

    def test_lines_that_the_protections_will_open_are_foreseen(self, still):
        environment, simulator, state, actions = still
        nothing = ActionSet(actions.layout, ())
        sequence = search_sequence(solved(simulator, state), nothing, by_load, 0.0, depth=4)
        allowed = environment.parameters.NB_TIMESTEP_OVERFLOW_ALLOWED
        opened = [int((topology < 0).any()) for topology in sequence.topologies]
        assert opened == [0] * allowed + [1] * (4 - allowed)
        for topology in sequence.topologies:
            after, *_ = environment.step(environment.action_space({}))
            np.testing.assert_array_equal(after.topo_vect, topology)

    def test_what_generators_take_off_keeps_lines_in_service(self, still, monkeypatch):
        monkeypatch.setattr(beam_search, "MAX_RELIEF", 1.0)
        _, simulator, state, actions = still
        nothing = ActionSet(actions.layout, ())
        root, relief = solved(simulator, state), np.full(simulator.positions.n_line, 0.25)
        sequence = search_sequence(root, nothing, by_load, 0.0, depth=4, relief=relief)
        assert not any((topology < 0).any() for topology in sequence.topologies)
        rho = [outcome.rho for outcome in sequence.outcomes]
        expected = rho[0] / np.array([[1], [1.5], [1.75], [2]])
        np.testing.assert_allclose(np.array(rho), expected, rtol=1e-5)
        goal = rho[0].max() - 0.01
        sequence = search_sequence(root, nothing, by_load, goal, depth=4, relief=relief)
        assert len(sequence.choices) == 2

    def test_it_ends_at_the_first_depth_that_meets_the_goal(self, still):
        _, simulator, state, actions = still
        deep = search_sequence(solved(simulator, state), actions, by_load, 0.0, depth=3)
        goals = [outcome.max_rho for outcome in deep.outcomes]
        single = search_sequence(solved(simulator, state), actions, by_load, 0.0, depth=1)
        best = single.outcomes[0].max_rho
        assert goals[-1] < best
        for goal, length in ((best + 1e-4, 1), (goals[-1] + 1e-4, None)):
            sequence = search_sequence(solved(simulator, state), actions, by_load, goal, depth=3)
            assert sequence.outcomes[-1].max_rho < goal
            assert length in (None, len(sequence.choices))

    def test_screening_solves_the_best_by_estimated_loads(self, still):
        _, simulator, state, actions = still
        best = search_sequence(solved(simulator, state), actions, by_load, 0.0, width=5, depth=2)
        everything = len(actions)
        for screened in (everything, 10):
            root, counted = solved(simulator, state), []
            root.clock.count = counted.append
            sequence = search_sequence(
                root, actions, by_load, 0.0, width=5, depth=2, screened=screened
            )
            assert len(counted) == 6
            assert counted[0] <= screened + 1
            assert sum(counted[1:]) <= 5 * (screened + 1)
            lowest = sequence.outcomes[-1].max_rho
            assert lowest == pytest.approx(best.outcomes[-1].max_rho, abs=0.01)

    def test_nothing_is_screened_beside_another_action(self, still):
        """Its part is not in the estimate."""
        _, simulator, state, actions = still
        base = GridAction.of_line(simulator.positions, 0, -1)
        plain, screened = (
            search_sequence(
                solved(simulator, state), actions, by_load, 0.0, 5, 1, base, screened=count
            )
            for count in (0, 1)
        )
        assert plain.choices == screened.choices

    def test_screening_of_a_state_without_a_solution_keeps_all(self, still, monkeypatch):
        _, simulator, state, actions = still
        monkeypatch.setattr(simulator, "estimate_topologies", lambda *_: None)
        sequences = [
            search_sequence(
                solved(simulator, state), actions, by_load, 0.0, width=5, depth=2, screened=screened
            )
            for screened in (0, 10)
        ]
        assert sequences[0].choices == sequences[1].choices

    def test_the_ranking_decides(self, still):
        _, simulator, state, actions = still

        def highest(outcome):
            return outcome.rho.max()

        def first_line(outcome):
            return outcome.rho[0]

        for rank in (highest, first_line):
            root = solved(simulator, state)
            sequence = search_sequence(root, actions, by_outcome(rank), 0.0, depth=1)
            moves = actions.candidates(state.topology, state.substation_cooldown)[1]
            nothing = GridAction.nothing(simulator.positions)
            solutions = simulator.play_state(state, [nothing, *moves]).solutions()
            alive = [one for one in solutions if one.outcome.max_rho < np.inf]
            assert len(alive) < len(solutions)
            best = min(alive, key=lambda one: rank(one.outcome))
            np.testing.assert_array_equal(sequence.topologies[0], best.topology)

    def test_there_is_no_sequence_where_every_action_ends_the_episode(self, still):
        _, simulator, state, actions = still
        isolated = GridAction.nothing(simulator.positions)
        isolated.set_bus[simulator.positions.load[0]] = 2
        root, nothing = solved(simulator, state), ActionSet(actions.layout, ())
        assert search_sequence(root, nothing, by_load, 0.0, base=isolated) is None

    def test_all_solutions_of_a_state_are_ranked_at_once(self, still):
        """Also where they were solved in several batches."""
        _, simulator, state, actions = still
        root, numbers = solved(simulator, state), []

        def rank(played):
            numbers.append(len(played.alive))
            return by_load(played)

        moves = actions.candidates(state.topology, state.substation_cooldown)[1]
        root.solve(moves[::2])
        sequence = search_sequence(root, actions, rank, 0.0, width=3, depth=2)
        assert numbers[0] == 1 + len(moves)
        assert len(numbers) == 1 + 3
        single = search_sequence(solved(simulator, state), actions, by_load, 0.0, width=3, depth=2)
        assert sequence.choices == single.choices

    def test_what_a_step_risks_stays_with_all_that_follow_it(self, still):
        """Without it, a way over a step that may lose a line looks as good as any other."""
        _, simulator, state, actions = still

        def remember(played):
            """By the load and the risk, which only a change in the first step has."""
            is_first = played.state is state
            risks = 10.0 * is_first * (played.after != state.topology).any(axis=1)
            return by_load(played)[0] + risks, risks

        def forget(played):
            ranks, risks = remember(played)
            return ranks, 0 * risks

        root, wide = solved(simulator, state), {"depth": 2, "width": 10_000}
        forgotten, remembered = (
            search_sequence(root, actions, rank, 0.0, **wide) for rank in (forget, remember)
        )
        assert forgotten.choices[0] is not None
        assert remembered.choices[0] is None
        assert remembered.outcomes[-1].max_rho > forgotten.outcomes[-1].max_rho

    def test_a_goal_that_is_reached_at_a_risk_does_not_end_the_search(self, still):
        """The line may trip on the way there, where another way keeps it."""
        _, simulator, state, actions = still

        def risky(played):
            """By the load and the risk, which only a change in the first step has."""
            is_first = played.state is state
            risks = risk * is_first * (played.after != state.topology).any(axis=1)
            return by_load(played)[0] + risks, risks

        single = search_sequence(solved(simulator, state), actions, by_load, 0.0, depth=1)
        goal = single.outcomes[0].max_rho + 1e-4
        choices = {}
        for risk in (beam_search.RISK_LEFT / 2, 2.0):
            root, wide = solved(simulator, state), {"depth": 2, "width": 10_000}
            choices[risk] = search_sequence(root, actions, risky, goal, **wide).choices
        careless, careful = choices.values()
        assert careless == single.choices
        assert careful[0] is None
        assert careful[1] is not None

    def test_once_the_clock_stops_there_is_still_an_answer(self, still):
        _, simulator, state, actions = still
        spent = Clock(simulations=1)
        root = SolvedState(simulator, state, spent)
        sequence = search_sequence(root, actions, by_load, 0.0, depth=3)
        assert spent.was_cut
        assert len(sequence.choices) == 1
        single = search_sequence(solved(simulator, state), actions, by_load, 0.0, depth=1)
        assert sequence.choices == single.choices

    def test_what_is_solved_already_is_not_solved_again(self, still, monkeypatch):
        _, simulator, state, actions = still
        root = solved(simulator, state)
        moves = actions.candidates(state.topology, state.substation_cooldown)[1]
        root.solve([GridAction.nothing(simulator.positions), *moves])
        monkeypatch.setattr(simulator, "play_state", None)
        assert search_sequence(root, actions, by_load, 0.0, depth=1) is not None

    def test_states_of_one_topology_are_merged(self, still):
        """Two actions that lead to the same place leave room in the beam for a third."""
        _, simulator, state, actions = still
        twice = ActionSet(actions.layout, tuple(action for action in actions for _ in range(2)))
        sequence, single = (
            search_sequence(solved(simulator, state), candidates, by_load, 0.0, width=4, depth=2)
            for candidates in (twice, actions)
        )
        assert sequence.outcomes[-1].max_rho == pytest.approx(single.outcomes[-1].max_rho, abs=1e-6)

    def test_a_base_is_played_in_the_first_step_only(self, still):
        _, simulator, state, actions = still
        line = 17
        base = GridAction.nothing(simulator.positions)
        base.set_line_status[line] = 1
        state = state.without_line(simulator.positions, line)
        sequence = search_sequence(
            solved(simulator, state), actions, by_load, 0.0, width=3, depth=2, base=base
        )
        assert [action.set_line_status[line] for action in sequence.actions] == [1, 0]
        origin = simulator.positions.origin[line]
        assert [topology[origin] > 0 for topology in sequence.topologies] == [True, True]
