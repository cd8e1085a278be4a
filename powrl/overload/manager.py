"""The overload manager: its rules in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet, substation_action
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
        action_space: Any,
        actions: ActionSet,
        simulator: Simulator,
        settings: OverloadSettings,
    ) -> None:
        self.settings = settings
        self.actions = actions
        self._action_space = action_space
        self._simulator = simulator
        self._labels = ["do nothing", *map(actions.describe, range(len(actions)))]

    def is_overloaded(self, observation: Any) -> bool:
        """Whether some line is at `critical_rho` or above, so that the policy is asked."""
        return float(np.max(observation.rho)) >= self.settings.critical_rho

    def action_mask(self, observation: Any) -> np.ndarray:
        """The policy's legal actions, shape ``(len(actions) + 1,)``, bool; 0 is do nothing."""
        return np.concatenate(([True], self.actions.allowed(observation)))

    def decide(self, observation: Any, rank: Ranking) -> Decision:
        """The decision for one step."""
        if self.is_overloaded(observation):
            return self._remedy(observation, rank)
        return self.calm_decision(observation)

    def calm_decision(self, observation: Any) -> Decision:
        """The decision while no line is overloaded: the policy has no part in it."""
        decision = self._reconnection(observation)
        if decision is None and self.settings.recover:
            decision = recovery(
                observation,
                self._action_space,
                self.actions.layout,
                self._simulator,
                self.settings,
            )
        return decision or self._nothing()

    def play(self, observation: Any, choice: int) -> Any:
        """The grid2op action for the policy's `choice`, with a reconnection where harmless.

        Training plays what the policy chose, without simulating the others.
        """
        base = self._reconnection(observation) or self._nothing()
        return self._on_top_of(base, choice, observation)

    def _remedy(self, observation: Any, rank: Ranking) -> Decision:
        base = self._reconnection(observation) or self._nothing()
        ranked = [int(choice) for choice in rank(observation, self.action_mask(observation))]
        ranked = [choice for choice in ranked if choice > 0]
        return remedy(
            observation,
            base,
            [self._labels[choice] for choice in ranked],
            lambda index: self._on_top_of(base, ranked[index], observation),
            self._simulator,
            self.settings,
        )

    def _reconnection(self, observation: Any) -> Decision | None:
        if not self.settings.reconnect:
            return None
        return reconnection(observation, self._action_space, self._simulator, self.settings)

    def _nothing(self) -> Decision:
        return Decision(self._action_space({}), "nothing", "do nothing")

    def _on_top_of(self, base: Decision, choice: int, observation: Any) -> Any:
        if choice == 0:
            return base.action
        action = self.actions.actions[choice - 1]
        return base.action + substation_action(
            self._action_space, action.substation, action.busbars, observation
        )
