"""States are hard, lie apart, come from the whole scenario, and are evaluated as they should be."""

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.errors import PowrlError
from powrl.reduction.evaluation import evaluate_states
from powrl.reduction.pool import with_screened
from powrl.reduction.screening import Screen
from powrl.reduction.states import CAUSES, STEPS_APART, lines_taken_out
from powrl.reduction.storage import load_evaluation, load_states, save_evaluation, save_states


@pytest.fixture(scope="module")
def states(collect):
    return collect(1000)


class TestCollection:
    def test_doing_nothing_does_not_solve_them(self, states, engine):
        simulator = engine.simulator()
        nothing = [GridAction.nothing(simulator.positions)]
        assert len(states) > 10
        for hard in states:
            assert simulator.evaluate_state(hard.state, nothing)[0].max_rho >= 1

    def test_those_of_one_cause_lie_apart(self, states):
        assert {hard.cause for hard in states} >= {"line taken out", "split"}
        for cause in CAUSES:
            steps = [hard.step for hard in states if hard.cause == cause]
            assert all(np.diff(steps) >= STEPS_APART)

    def test_a_few_are_drawn_from_the_whole_scenario_and_all_causes(self, states, collect):
        sample = collect(8)
        assert len(sample) == 8
        assert max(hard.step for hard in sample) > max(hard.step for hard in states) / 2
        assert {hard.cause for hard in sample} == {hard.cause for hard in states}

    def test_the_beginning_of_a_scenario_is_enough(self, collect):
        steps = [hard.step for hard in collect(1000, max_steps=60)]
        assert steps
        assert max(steps) < 60

    def test_the_seed_draws(self, collect):
        one, other = collect(6), collect(6, seed=1)
        assert [hard.step for hard in one] != [hard.step for hard in other]

    def test_lines_are_out_that_the_opponent_attacks(self, neurips, states, engine):
        lines = lines_taken_out(neurips)
        assert len(lines) == 10
        assert set(neurips.name_line[lines]) >= {"62_58_180", "54_58_154"}
        assert len(lines_taken_out(engine.grid)) == engine.grid.n_line  # nobody attacks there
        for hard in states:
            out = ~hard.state.line_status(engine.simulator().positions)
            assert out.sum() == (hard.cause == "line taken out")


class TestEvaluation:
    @pytest.fixture(scope="class")
    def setting(self, engine, actions, collect):
        states = collect(5)
        lines = np.array([2, 7])
        return states, lines, evaluate_states(states, engine.simulator(), actions, lines)

    def test_loads_are_those_of_the_actions(self, setting, engine, actions):
        states, _, evaluated = setting
        simulator = engine.simulator()
        for row, hard in enumerate(states):
            state = hard.state
            indices, moves = actions.candidates(state.topology, state.substation_cooldown)
            loads = [outcome.max_rho for outcome in simulator.evaluate_state(state, moves)]
            np.testing.assert_allclose(evaluated.loads[row, indices], loads, atol=2e-5)
            assert np.isinf(np.delete(evaluated.loads[row], indices)).all()
            assert evaluated.causes[row] == hard.cause
            assert evaluated.nothing[row] >= 1
        assert 0 < np.isfinite(evaluated.loads).mean() < 1

    def test_worst_loads_are_those_with_a_line_out(self, setting, engine, actions):
        states, lines, evaluated = setting
        simulator = engine.simulator()
        compared = 0
        for row, hard in enumerate(states):
            for rank in (0, 3):
                action = actions.actions[evaluated.best[row, rank]]
                worst = []
                for line in lines:
                    if hard.state.line_status(simulator.positions)[line]:
                        out = hard.state.without_line(simulator.positions, line)
                        move = GridAction.of_substation(
                            simulator.positions, action.substation, action.busbars, out.topology
                        )
                        worst.append(simulator.evaluate_state(out, [move])[0].max_rho)
                assert evaluated.worst[row, rank] == pytest.approx(max(worst), abs=2e-5)
                compared += evaluated.worst[row, rank] < np.inf
            loads = evaluated.loads[row, evaluated.best[row][evaluated.best[row] >= 0]]
            assert (np.diff(loads) >= 0).all()
        assert compared

    def test_sequences_only_where_no_single_action_solves_and_they_solve(
        self, states, engine, actions
    ):
        simulator = engine.simulator()
        evaluated = evaluate_states(states[:25], simulator, actions, np.array([], dtype=int))
        assert not (evaluated.solved_by_one & evaluated.solved_by_sequence).any()
        assert evaluated.solved_by_one.any()
        for row in np.flatnonzero(evaluated.solved_by_sequence):
            state = states[row].state
            for index in evaluated.sequences[row][evaluated.sequences[row] >= 0]:
                action = actions.actions[index]
                move = GridAction.of_substation(
                    simulator.positions, action.substation, action.busbars, state.topology
                )
                played = simulator.play_state(state, [move])
                state = played.state_after(0)
            assert played.outcomes()[0].max_rho < 1
        assert evaluated.solved_by_sequence.any()


class TestFiles:
    def test_round_trip(self, states, engine, actions, tmp_path):
        save_states(tmp_path / "s.npz", states, "a")
        again = load_states(tmp_path / "s.npz", "a")
        assert [(hard.cause, hard.step) for hard in again] == [
            (hard.cause, hard.step) for hard in states
        ]
        lines = np.array([3])
        evaluated, expected = (
            evaluate_states(collected[:2], engine.simulator(), actions, lines)
            for collected in (again, states)
        )
        save_evaluation(tmp_path / "e.npz", evaluated, "b")
        read = load_evaluation(tmp_path / "e.npz", "b")
        for name in ("causes", "nothing", "loads", "best", "worst", "sequences"):
            np.testing.assert_array_equal(getattr(read, name), getattr(expected, name))

    def test_without_states(self, engine, actions, tmp_path):
        save_states(tmp_path / "s.npz", [], "a")
        assert load_states(tmp_path / "s.npz", "a") == []
        evaluated = evaluate_states([], engine.simulator(), actions, np.array([3]))
        assert evaluated.loads.shape == (0, len(actions))

    def test_states_of_another_run_are_refused(self, tmp_path):
        save_states(tmp_path / "s.npz", [], "a")
        with pytest.raises(PowrlError, match="made from other settings"):
            load_states(tmp_path / "s.npz", "b")

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 half a zip"])
    def test_a_damaged_file_is_named(self, content, tmp_path):
        (tmp_path / "s.npz").write_bytes(content)
        with pytest.raises(PowrlError, match=r"s\.npz is .*; remove it"):
            load_states(tmp_path / "s.npz", "a")


class TestScreenedPool:
    def pool(self, engine, actions, states, **more):
        small = type(actions)(
            actions.layout,
            tuple(a for a in actions if len(actions.layout.elements[a.substation]) <= 5),
        )
        options = {"max_elements": 5, "keep": 8, **more}
        screen, simulator = Screen(engine.model), engine.simulator()
        samples = [hard.state for hard in states[:10]]
        return small, *with_screened(small, screen, simulator, samples, **options)

    def test_useful_topologies_of_large_substations_join(self, engine, actions, states):
        small, pool, screening = self.pool(engine, actions, states)
        assert screening.trusted
        assert screening.recall >= 0.9
        assert pool.actions[: len(small)] == small.actions
        joined = pool.actions[len(small) :]
        assert len(joined) == screening.survivors > 0
        assert {len(pool.layout.elements[action.substation]) for action in joined} <= {6, 7}
        assert len(set(pool.actions)) == len(pool)

    def test_what_is_not_trusted_is_left_out_and_told(self, engine, actions, states, monkeypatch):
        monkeypatch.setattr("powrl.reduction.pool.measure_recall", lambda *_: 0.5)
        small, pool, screening = self.pool(engine, actions, states)
        assert pool == small
        assert (screening.recall, screening.trusted, screening.survivors) == (0.5, False, 0)
        assert len(screening.substations) > 1

    def test_none_without_screening(self, engine, actions, states):
        small, pool, screening = self.pool(engine, actions, states, keep=0)
        assert pool == small
        assert screening.recall is None
