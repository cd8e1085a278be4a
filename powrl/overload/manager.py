"""The overload manager: its rules in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet, substation_action
from ..grid.action import GridAction
from ..grid.positions import Positions
from ..simulation.outcome import Simulator
from .decision import Decision
from .reconnection import reconnection
from .recovery import recovery
from .remedy import remedy
from .settings import OverloadSettings

Ranking = Callable[[Any, np.ndarray], np.ndarray]
"""(observation, allowed actions of shape (n + 1,)) -> the policy's actions, best first."""


class OverloadManager:
    """Decides at every step; asks a policy to rank topology actions when a line is overloaded.

    The order of the rules is that of PowRL (Chauhan et al., AAAI 2023): reconnect what can be
    reconnected; in a calm grid recover towards the reference topology; on an overload let the
    policy rank, simulate, and take what is safe or least harmful; else do nothing. On an overload
    a harmless reconnection is played together with the topology action, which grid2op allows in
    one step.
    """

    def __init__(
        self,
        positions: Positions,
        actions: ActionSet,
        simulator: Simulator,
        settings: OverloadSettings,
    ) -> None:
        self.settings = settings
        self.actions = actions
        self._positions = positions
        self._nothing = Decision(GridAction.nothing(positions), "nothing", "do nothing")
        self._simulator = simulator
        self._labels = ["do nothing", *map(actions.describe, range(len(actions)))]

    def is_overloaded(self, observation: Any) -> bool:
        """Whether some line is at `critical_rho` or above, so that the policy is asked."""
        return bool(observation.rho.max() >= self.settings.critical_rho)

    def action_mask(self, observation: Any) -> np.ndarray:
        """The policy's legal actions, shape ``(len(actions) + 1,)``, bool; 0 is do nothing."""
        return np.concatenate(([True], self.actions.allowed(observation)))

    def decide(self, observation: Any, rank: Ranking) -> Decision:
        """The decision for one step."""
        if self.is_overloaded(observation):
            return self.remedy(
                observation, rank(observation, self.action_mask(observation)).tolist()
            )
        return self.calm_decision(observation)

    def calm_decision(self, observation: Any) -> Decision:
        """The decision while no line is overloaded: the policy has no part in it."""
        decision = self._reconnection(observation)
        if decision is None and self.settings.recover:
            decision = recovery(observation, self._positions, self._simulator, self.settings)
        return decision or self._nothing

    def remedy(self, observation: Any, ranked: Sequence[int]) -> Decision:
        """The decision on an overload, from the policy's actions, best first.

        Doing nothing is simulated before all others, wherever the policy ranks it.

        A policy in training gives just the action that it chose: it is played when the simulation
        finds it no worse than doing nothing.
        """
        base = self._reconnection(observation) or self._nothing
        choices = [choice for choice in ranked if choice > 0]
        return remedy(
            observation,
            base,
            [self._labels[choice] for choice in choices],
            lambda index: self._on_top_of(base, choices[index], observation),
            self._simulator,
            self.settings,
        )

    def _reconnection(self, observation: Any) -> Decision | None:
        if not self.settings.reconnect:
            return None
        return reconnection(observation, self._positions, self._simulator, self.settings)

    def _on_top_of(self, base: Decision, choice: int, observation: Any) -> GridAction:
        action = self.actions.actions[choice - 1]
        return base.action + substation_action(
            self._positions, action.substation, action.busbars, observation
        )
