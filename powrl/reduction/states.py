"""Stressed states, each with the simulated outcome of every action of a large set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet, substation_action
from ..grid.environments import Scenarios
from ..grid.positions import Positions
from ..overload.manager import OverloadManager
from ..overload.settings import OverloadSettings
from ..simulation.state import NOW
from ..stepping.engine import Engine, EngineName, open_engine

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


def distinct_actions(engine: Engine, actions: ActionSet) -> ActionSet:
    """Drop the actions that are electrically equal to an earlier one, or black out the grid.

    Judged by a simulation from the first state of the first scenario (reference topology).
    """
    observation = engine.start(engine.scenarios[0], 0).observation
    positions = Positions.of(engine.grid)
    built = [
        substation_action(positions, action.substation, action.busbars, observation)
        for action in actions
    ]
    outcomes = engine.simulator(NOW).evaluate(observation, built)
    seen: set[tuple[int, ...]] = set()
    kept = []
    for action, outcome in zip(actions, outcomes, strict=True):
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
    engine_name: EngineName = "fast",
) -> StressedStates:
    """Play one scenario with an exhaustive greedy and record its first `limit` stressed states.

    The greedy plays the best of all actions, so that the states met later are those of a grid
    that is being operated, split substations and attacks included.
    """
    engine = open_engine(engine_name, scenarios, cached=False)
    exhaustive = OverloadSettings(
        critical_rho=settings.critical_rho,
        safe_rho=0.0,
        candidates=len(actions),
        recovery_rho=settings.recovery_rho,
    )
    manager = OverloadManager(Positions.of(engine.grid), actions, engine.simulator(), exhaustive)
    nothing: list[float] = []
    after: list[np.ndarray] = []
    episode = engine.start(scenario, seed)
    while not episode.done and len(nothing) < limit:
        order: list[int] = []

        def rank(_: Any, allowed: np.ndarray, order: list[int] = order) -> np.ndarray:
            order.extend(np.flatnonzero(allowed)[1:])
            return np.array(order)

        decision = manager.decide(episode.observation, rank)
        if decision.rule == "remedy":
            row = np.full(len(actions), np.inf, dtype=np.float32)
            row[np.array(order, dtype=int) - 1] = [
                candidate.outcome.max_rho for candidate in decision.candidates[1:]
            ]
            nothing.append(decision.candidates[0].outcome.max_rho)
            after.append(row)
        episode.step(decision.action)
    engine.close()
    return StressedStates(
        np.array(nothing, dtype=np.float32),
        np.array(after, dtype=np.float32).reshape(len(nothing), len(actions)),
    )
