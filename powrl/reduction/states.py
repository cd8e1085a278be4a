"""Stressed states, each with the simulated outcome of every action of a large set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet, substation_action
from ..grid.environments import Scenarios, open_environment
from ..grid.episodes import start_episode
from ..overload.manager import OverloadManager
from ..overload.settings import OverloadSettings
from ..simulation.forecast import ForecastSimulator

SAME_RHO = 1e-5
"""Two actions whose loads all agree this closely on the reference topology are the same."""


@dataclass(frozen=True)
class StressedStates:
    """Simulated loads of stressed states.

    Attributes
    ----------
    nothing:
        Load of the most loaded line after doing nothing, shape ``(n_states,)``.
    after:
        The same after each action, shape ``(n_states, n_actions)``; infinite where the action is
        not allowed or ends the episode.
    """

    nothing: np.ndarray
    after: np.ndarray

    @staticmethod
    def joined(parts: list[StressedStates]) -> StressedStates:
        """All states of several collections."""
        return StressedStates(
            np.concatenate([part.nothing for part in parts]),
            np.concatenate([part.after for part in parts]),
        )


def distinct_actions(environment: Any, actions: ActionSet) -> ActionSet:
    """Drop the actions that are electrically equal to an earlier one, or black out the grid.

    Judged by a simulation from the first state of the first scenario (reference topology).
    """
    observation = start_episode(environment, 0, 0)
    simulator = ForecastSimulator(horizon=0)
    seen: set[tuple[int, ...]] = set()
    kept = []
    for action in actions:
        built = substation_action(
            environment.action_space, action.substation, action.busbars, observation
        )
        (outcome,) = simulator.evaluate(observation, [built])
        key = tuple(np.round(outcome.rho / SAME_RHO).astype(int))
        # every substation's reference topology changes nothing here, but does once it is split
        is_reference = set(action.busbars) == {1}
        if is_reference or not (outcome.game_over or key in seen):
            kept.append(action)
            seen.add(key)
    return ActionSet(actions.layout, tuple(kept))


def collect_stressed_states(
    scenarios: Scenarios,
    scenario: str,
    seed: int,
    actions: ActionSet,
    settings: OverloadSettings,
    limit: int,
) -> StressedStates:
    """Play one scenario with an exhaustive greedy and record its first `limit` stressed states.

    The greedy plays the best of all actions, so that the states met later are those of a grid
    that is being operated, split substations and attacks included.
    """
    environment = open_environment(scenarios)
    exhaustive = OverloadSettings(
        critical_rho=settings.critical_rho,
        safe_rho=0.0,
        candidates=len(actions),
        recovery_rho=settings.recovery_rho,
    )
    manager = OverloadManager(environment.action_space, actions, ForecastSimulator(), exhaustive)
    nothing: list[float] = []
    after: list[np.ndarray] = []
    observation = start_episode(environment, scenario, seed)
    done = False
    while not done and len(nothing) < limit:
        order: list[int] = []

        def rank(_: Any, allowed: np.ndarray, order: list[int] = order) -> np.ndarray:
            order.extend(np.flatnonzero(allowed)[1:])
            return np.array(order)

        decision = manager.decide(observation, rank)
        if decision.rule == "remedy":
            row = np.full(len(actions), np.inf, dtype=np.float32)
            row[np.array(order, dtype=int) - 1] = [
                candidate.outcome.max_rho for candidate in decision.candidates[1:]
            ]
            nothing.append(decision.candidates[0].outcome.max_rho)
            after.append(row)
        observation, _, done, _ = environment.step(decision.action)
    environment.close()
    return StressedStates(
        np.array(nothing, dtype=np.float32),
        np.array(after, dtype=np.float32).reshape(len(nothing), len(actions)),
    )
