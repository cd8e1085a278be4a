"""Each rule of the overload manager, on real grids."""

import time
from typing import Any

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from powrl.player.actions.action_set import ActionSet
from powrl.player.grid.action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.outcome import Outcome
from powrl.player.rules.decision import Candidate, Decision
from powrl.player.rules.manager import OverloadManager
from powrl.player.rules.reconnection import reconnection
from powrl.player.rules.recovery import recovery
from powrl.player.rules.remedy import remedy
from powrl.player.rules.settings import OverloadSettings, SettingError
from powrl.reduction.enumeration import unitary_topologies

LINE = 5
SIMULATOR = ForecastSimulator()


def play(environment: Any, action: GridAction) -> tuple[Any, ...]:
    """One step of grid2op."""
    return environment.step(action.to_grid2op(environment.action_space))


def in_order(_: Any, allowed: np.ndarray) -> np.ndarray:
    return np.flatnonzero(allowed)


def nothing(environment: Any) -> GridAction:
    return GridAction.nothing(Positions.of(environment))


def disconnect(environment: Any, line: int = LINE) -> Any:
    observation, _, done, _ = environment.step(
        environment.action_space({"set_line_status": [(line, -1)]})
    )
    assert not done
    while observation.time_before_cooldown_line[line] > 0:
        observation, _, done, _ = environment.step(environment.action_space({}))
        assert not done
    return observation


def manager_of(environment: Any, **settings: Any) -> OverloadManager:
    actions = unitary_topologies(GridLayout.of(environment))
    return OverloadManager(
        Positions.of(environment), actions, SIMULATOR, OverloadSettings(**settings)
    )


def until_overloaded(environment: Any, manager: OverloadManager) -> Any:
    observation = start_episode(environment, 0, 0)
    while not manager.is_overloaded(observation):
        observation, _, done, _ = environment.step(environment.action_space({}))
        assert not done
    return observation


def reconnect(
    environment: Any,
    observation: Any,
    simulator: Any = SIMULATOR,
    settings: OverloadSettings = OverloadSettings(),  # noqa: B008 - it is frozen
) -> Decision | None:
    return reconnection(observation, Positions.of(environment), simulator, settings)


class TestReconnection:
    def test_not_to_a_busbar_that_is_empty_by_now(self, case14):
        """A line that was on busbar 2 comes back where the rest of the substation is."""
        layout = GridLayout.of(case14)
        line = 3
        substation = int(case14.line_or_to_subid[line])
        busbars = np.ones(len(layout.elements[substation]), dtype=int)
        busbars[[case14.line_or_to_sub_pos[line], 0]] = 2
        observation = case14.get_obs()
        positions = Positions.of(case14)
        split = GridAction.of_substation(positions, substation, busbars, observation.topo_vect)
        observation, *_ = play(case14, split)
        observation = disconnect(case14, line)
        joined = GridAction.of_substation(
            positions, substation, busbars * 0 + 1, observation.topo_vect
        )
        observation, *_ = play(case14, joined)
        assert set(np.delete(observation.topo_vect, _ends(case14, line))) == {1}
        after, _, _, info = play(case14, reconnect(case14, observation).action)
        assert not info["is_illegal"]
        assert after.line_status[line]
        assert abs(after.p_or[line]) > 1

    def test_to_the_better_of_two_busbars(self, case14):
        observation = TestRecovery().split(case14)
        substation = int(np.flatnonzero(observation.topo_vect == 2)[0])
        substation = int(Positions.of(case14).substation[substation])
        line = int(np.flatnonzero(case14.line_or_to_subid == substation)[0])
        observation = disconnect(case14, line)
        decision = reconnect(case14, observation)
        assert len(decision.candidates) == 3
        loads = [candidate.outcome.max_rho for candidate in decision.candidates[1:]]
        assert decision.choice == decision.candidates[1 + int(np.argmin(loads))].label

    def test_a_disconnected_line_is_reconnected(self, case14):
        observation = disconnect(case14)
        decision = reconnect(case14, observation)
        assert decision.rule == "reconnection"
        assert decision.lines == (LINE,)
        after, _, _, info = play(case14, decision.action)
        assert not info["is_illegal"]
        assert after.line_status[LINE]

    def test_nothing_to_reconnect(self, case14):
        observation = case14.get_obs()
        assert reconnect(case14, observation) is None

    def test_not_while_the_line_is_in_cooldown(self, case14):
        observation = disconnect(case14)
        observation.time_before_cooldown_line[LINE] = 3
        assert reconnect(case14, observation) is None

    @pytest.mark.parametrize(
        ("nothing", "reconnected", "critical_rho", "done"),
        [
            (0.5, 0.8, 0.9, True),  # higher, but below the critical load
            (1.2, 1.1, 0.9, True),  # overloaded, but less than without
            (0.5, 0.95, 0.9, False),  # does harm
            (0.5, np.inf, 0.9, False),  # blackout
            (np.inf, np.inf, 0.9, False),  # blackout either way
        ],
    )
    def test_only_when_it_does_no_harm(self, case14, nothing, reconnected, critical_rho, done):
        observation = disconnect(case14)
        simulator = Scripted([nothing, reconnected])
        settings = OverloadSettings(critical_rho=critical_rho)
        decision = reconnect(case14, observation, simulator, settings)
        assert (decision is not None) is done

    def test_the_line_that_leaves_the_lowest_load_is_chosen(self, case14):
        disconnect(case14, 16)
        observation = disconnect(case14, LINE)
        simulator = Scripted([0.9, 0.8, 0.7])
        decision = reconnect(case14, observation, simulator)
        assert decision.lines == (LINE, 16)
        assert decision.choice == f"reconnect {case14.name_line[16]}"


def _ends(environment: Any, line: int) -> list[int]:
    return [
        int(environment.line_or_pos_topo_vect[line]),
        int(environment.line_ex_pos_topo_vect[line]),
    ]


class TestRecovery:
    def split(self, environment: Any) -> Any:
        layout = GridLayout.of(environment)
        observation = environment.get_obs()
        action = next(a for a in unitary_topologies(layout) if 2 in a.busbars)
        built = GridAction.of_substation(
            Positions.of(environment), action.substation, action.busbars, observation.topo_vect
        )
        observation, _, done, info = play(environment, built)
        assert not done
        assert not info["is_illegal"]
        return observation

    def recover(self, environment: Any, observation: Any, **settings: Any) -> Decision | None:
        return recovery(
            observation,
            Positions.of(environment),
            SIMULATOR,
            OverloadSettings(**settings),
        )

    def test_a_split_substation_is_brought_back(self, case14):
        observation = self.split(case14)
        decision = self.recover(case14, observation, recovery_rho=2.0)
        assert decision.rule == "recovery"
        after, _, _, info = play(case14, decision.action)
        assert not info["is_illegal"]
        assert set(after.topo_vect) == {1}

    def test_nothing_to_recover(self, case14):
        assert self.recover(case14, case14.get_obs(), recovery_rho=2.0) is None

    def test_not_in_a_loaded_grid(self, case14):
        observation = self.split(case14)
        assert self.recover(case14, observation, recovery_rho=0.01) is None

    def test_not_while_the_substation_is_in_cooldown(self, case14):
        observation = self.split(case14)
        observation.time_before_cooldown_sub[:] = 1
        assert self.recover(case14, observation, recovery_rho=2.0) is None

    def test_not_when_the_simulation_is_too_loaded(self, case14):
        observation = self.split(case14)
        decision = recovery(
            observation,
            Positions.of(case14),
            Scripted([1.99]),
            OverloadSettings(recovery_rho=1.5),
        )
        assert decision is None


class TestRemedy:
    @pytest.fixture(params=[1, 2, 3])
    def batch_size(self, request: pytest.FixtureRequest) -> int:
        """However many are simulated at once, the decision and its reason are the same."""
        return request.param

    def choose(
        self, observation: Any, loads: list[float], batch_size: int, **settings: Any
    ) -> Decision:
        """Remedy where doing nothing leads to the first load, and the actions to the others."""
        labels = [f"action {index}" for index in range(len(loads) - 1)]
        return remedy(
            observation,
            Decision("base", "nothing", "do nothing"),
            labels,
            labels.__getitem__,
            Scripted(loads, batch_size),
            OverloadSettings(critical_rho=0.95, safe_rho=0.9, **settings),
            lambda outcome: outcome.max_rho,
        )

    @pytest.fixture
    def observation(self, case14):
        return case14.get_obs()

    def test_the_first_safe_action_is_taken(self, observation, batch_size):
        decision = self.choose(observation, [1.2, 1.0, 0.85, 0.7], batch_size)
        assert decision.choice == "action 1"
        assert decision.action == "action 1"
        assert [c.outcome.max_rho for c in decision.candidates] == [1.2, 1.0, 0.85]

    def test_else_the_least_harmful(self, observation, batch_size):
        assert self.choose(observation, [1.2, 1.1, 1.05, 1.3], batch_size).choice == "action 1"

    def test_nothing_is_done_when_that_is_safe(self, observation, batch_size):
        decision = self.choose(observation, [0.8, 0.7], batch_size)
        assert decision.choice == "do nothing"
        assert len(decision.candidates) == 1

    def test_nothing_is_done_when_all_else_is_worse(self, observation, batch_size):
        assert self.choose(observation, [1.2, np.inf, 1.3], batch_size).choice == "do nothing"

    def test_no_more_candidates_than_allowed(self, observation, batch_size):
        decision = self.choose(observation, [1.2, 1.1, 1.0, 0.1], batch_size, candidates=2)
        assert decision.choice == "action 1"

    def test_the_overloaded_lines_are_named(self, observation, batch_size):
        observation.rho[:] = 0.1
        observation.rho[[3, 7]] = 0.96
        assert self.choose(observation, [1.2, 0.5], batch_size).lines == (3, 7)

    @pytest.mark.parametrize(
        ("deadline", "simulated"), [(0, [4]), (22, [4, 16, 4]), (np.inf, [4, 56])]
    )
    def test_where_all_are_simulated_as_many_at_once_as_time_allows(
        self, observation, monkeypatch, deadline, simulated
    ):
        """Each takes a second: 4 leave 18 of 22 seconds, enough for 4 batches of 4, and so on."""
        simulator = Scripted([1.2] * 60, 4)
        monkeypatch.setattr(time, "perf_counter", lambda: sum(simulator.sizes))
        remedy(
            observation,
            Decision("base", "nothing", "do nothing"),
            [str(index) for index in range(59)],
            str,
            simulator,
            OverloadSettings(critical_rho=0.95, safe_rho=0.0, candidates=100),
            lambda outcome: outcome.max_rho,
            deadline,
        )
        assert simulator.sizes == simulated


class TestManager:
    def test_a_calm_grid_is_left_alone(self, case14):
        decision = manager_of(case14).decide(case14.get_obs(), in_order)
        assert decision.rule == "nothing"
        assert decision.action.is_nothing

    def test_an_overload_is_remedied_in_the_order_of_the_policy(self, case14):
        manager = manager_of(case14, critical_rho=0.9, safe_rho=0.0, candidates=7)
        observation = until_overloaded(case14, manager)
        asked = []

        def reverse(seen: Any, allowed: np.ndarray) -> np.ndarray:
            asked.append((seen, allowed))
            return np.flatnonzero(allowed)[::-1]

        decision = manager.decide(observation, reverse)
        (seen, allowed) = asked[0]
        assert seen is observation
        np.testing.assert_array_equal(allowed, manager.action_mask(observation))
        best = np.flatnonzero(allowed)[::-1][:7]
        labels = [manager.actions.describe(choice - 1) for choice in best]
        assert [c.label for c in decision.candidates] == ["do nothing", *labels]

    def test_a_reconnection_is_played_with_the_remedy(self, case14):
        manager = manager_of(case14, critical_rho=0.3, safe_rho=0.0, candidates=5)
        observation = disconnect(case14)
        decision = manager.decide(observation, in_order)
        reconnection = decision.candidates[0].label
        assert reconnection.startswith("reconnect ")
        assert len(decision.candidates) == 6
        for candidate in decision.candidates[1:]:
            assert candidate.label.startswith(f"{reconnection}, sub_")
        for candidate in decision.candidates:
            assert candidate.action.set_line_status[LINE] == 1
            assert candidate.outcome.legal

    @pytest.mark.parametrize("reconnect", [True, False])
    def test_reconnection_can_be_switched_off(self, case14, reconnect):
        decision = manager_of(case14, reconnect=reconnect).calm_decision(disconnect(case14))
        assert decision.rule == ("reconnection" if reconnect else "nothing")

    @pytest.mark.parametrize("recover", [True, False])
    def test_recovery_can_be_switched_off(self, case14, recover):
        observation = TestRecovery().split(case14)
        manager = manager_of(case14, recover=recover, critical_rho=2.0, recovery_rho=2.0)
        assert manager.calm_decision(observation).rule == ("recovery" if recover else "nothing")

    def test_a_single_choice_is_played_only_when_it_does_no_harm(self, case14):
        manager = manager_of(case14, critical_rho=0.3, safe_rho=0.0)
        observation = case14.get_obs()
        chosen = set()
        for choice in np.flatnonzero(manager.action_mask(observation)):
            decision = manager.remedy(observation, [choice])
            nothing, *rest = decision.candidates
            assert [each.label for each in rest] == [manager.actions.describe(choice - 1)] * bool(
                choice
            )
            better = bool(rest) and rest[0].outcome.max_rho < nothing.outcome.max_rho
            assert decision.choice == (rest[0].label if better else "do nothing")
            chosen.add(better)
        assert chosen == {True, False}

    def test_every_decision_is_legal_and_explained(self, neurips):
        layout = GridLayout.of(neurips)
        actions = ActionSet(layout, unitary_topologies(layout, maximum_elements=6).actions)
        manager = OverloadManager(
            Positions.of(neurips),
            actions,
            SIMULATOR,
            OverloadSettings(critical_rho=0.8, candidates=5),
        )
        observation, rules = start_episode(neurips, 1, 1), set()
        for _ in range(400):
            decision = manager.decide(observation, in_order)
            reason = decision.to_json(observation)
            rules.add(decision.rule)
            assert reason["rule"] == decision.rule
            assert bool(reason["candidates"]) is (decision.rule != "nothing")
            observation, _, done, info = play(neurips, decision.action)
            assert not info["is_illegal"]
            assert not info["is_ambiguous"]
            if done:
                break
        assert {"nothing", "remedy"} <= rules


def test_the_reason_is_plain_data(case14):
    outcome = Outcome(np.array([0.5, 1.23456789]), legal=True, game_over=False)
    blackout = Outcome(np.array([0.5, 0.1]), legal=True, game_over=True)
    candidates = (Candidate("a", None, outcome), Candidate("b", None, blackout))
    decision = Decision(nothing(case14), "remedy", "a", (2,), candidates)
    observation = case14.get_obs()
    assert decision.to_json(observation) == {
        "step": 0,
        "max_rho": round(float(observation.rho.max()), 5),
        "rule": "remedy",
        "lines": [case14.name_line[2]],
        "redispatched_mw": 0.0,
        "candidates": [
            {"label": "a", "max_rho": 1.23457, "legal": True, "game_over": False},
            {"label": "b", "max_rho": None, "legal": True, "game_over": True},
        ],
        "choice": "a",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"critical_rho": 0}, "critical_rho: 0 was given, allowed is a line load above 0"),
        ({"recovery_rho": float("nan")}, "recovery_rho: nan was given"),
        ({"safe_rho": -1}, "safe_rho: -1 was given"),
        ({"candidates": 0}, "candidates: 0 was given, allowed is a whole number from 1"),
        ({"plan_width": 0}, "plan_width: 0 was given, allowed is a whole number from 1"),
        ({"plan_depth": True}, "plan_depth: True was given, allowed is a value like 5"),
        ({"seconds": 10**400}, "allowed is a time above 0 and up to 1,000,000"),
        ({"redispatch_reserve": float("inf")}, "allowed is a number from 0 to 1,000,000"),
        ({"total_seconds": 9.0}, "total_steps: 0 was given, allowed is how many steps"),
        ({"seconds": 0.0}, "seconds: 0.0 was given, allowed is a time above 0"),
        ({"redispatch_reserve": -1.0}, "redispatch_reserve: -1.0 was given, allowed is a number"),
        ({"contingencies": (3,)}, r"contingencies: \(3,\) was given, allowed is names of lines"),
        (
            {"contingencies": "0_1_0"},
            "contingencies: '0_1_0' was given, allowed is a list of names of lines",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        OverloadSettings(**settings)


class Scripted:
    """A simulator whose outcomes are given: to try each branch of a rule."""

    def __init__(self, loads: list[float], batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.sizes: list[int] = []
        self._loads = iter(loads)

    def evaluate(self, observation: Any, actions: Any) -> list[Outcome]:
        del observation
        self.sizes.append(len(actions))
        loads = [next(self._loads) for _ in actions]
        return [
            Outcome(np.array([load]), legal=True, game_over=bool(np.isinf(load))) for load in loads
        ]
