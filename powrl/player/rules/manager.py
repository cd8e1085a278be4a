"""The overload manager: its rules in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable

import numpy as np

from ..actions.action_set import ActionSet
from ..grid.action import GridAction
from ..grid.positions import Positions
from ..lookahead.batch import BatchSimulator
from ..lookahead.outcome import Outcome, Simulator
from .clock import TimeBudget
from .decision import Candidate, Decision
from .plan import Planning
from .ranking import overload_rank
from .reconnection import reconnection
from .recovery import recovery
from .redispatching import Redispatching
from .remedy import remedy
from .settings import OverloadSettings

log = logging.getLogger(__name__)

Ranking = Callable[[Any, np.ndarray], np.ndarray]
"""(observation, allowed actions of shape (n + 1,)) -> the policy's actions, best first."""


class OverloadManager:
    """Decides at every step; asks a policy to rank topology actions when a line is overloaded.

    The order of the rules is that of PowRL (Chauhan et al., AAAI 2023): reconnect what can be
    reconnected; in a calm grid recover towards the reference topology; on an overload let the
    policy rank, simulate, and take what is safe or least harmful; else do nothing. On an overload
    a harmless reconnection is played together with the topology action, which grid2op allows in
    one step. Rules of ours come on top: where no single action clears the overload, a sequence of
    several is planned; generators are redispatched.

    Parameters
    ----------
    simulator:
        Plans are made with a `BatchSimulator` alone; without, the log says so (level INFO).
    redispatching:
        None: generators are left as they are.

    Attributes
    ----------
    time:
        What is left for all decisions.
    """

    def __init__(
        self,
        positions: Positions,
        actions: ActionSet,
        simulator: Simulator,
        settings: OverloadSettings,
        redispatching: Redispatching | None = None,
    ) -> None:
        self.settings = settings
        self.actions = actions
        self._positions = positions
        self._nothing = Decision(GridAction.nothing(positions), "nothing", "do nothing")
        self._simulator = simulator
        self._labels = ["do nothing", *map(actions.describe, range(len(actions)))]
        self._planning: Planning | None = None
        if settings.plan and isinstance(simulator, BatchSimulator):
            self._planning = Planning(actions, simulator, settings, self._rank)
        elif settings.plan:
            log.info("no plans: candidates are not evaluated in batches")
        self._redispatching = redispatching
        self.time = TimeBudget(settings.total_seconds, settings.total_steps, settings.seconds)

    def is_overloaded(self, observation: Any) -> bool:
        """Whether some line is at `critical_rho` or above, so that the policy is asked."""
        return bool(observation.rho.max() >= self.settings.critical_rho)

    def action_mask(self, observation: Any) -> np.ndarray:
        """The policy's legal actions, shape ``(len(actions) + 1,)``, bool; 0 is do nothing."""
        return np.concatenate(([True], self.actions.allowed(observation)))

    def decide(self, observation: Any, rank: Ranking) -> Decision:
        """The decision for one step; nothing, once the time of all decisions is spent."""
        if self.time.is_spent:
            return self._nothing
        start, searches = time.perf_counter(), self.is_overloaded(observation)
        seconds = self.time.allowance if searches else self.time.calm_allowance
        try:
            return self._decide(observation, rank, searches, start + seconds)
        finally:
            self.time.count(time.perf_counter() - start, searches)

    def _decide(self, observation: Any, rank: Ranking, searches: bool, deadline: float) -> Decision:
        if searches:
            ranked = rank(observation, self.action_mask(observation)).tolist()
            decision = self.remedy(observation, ranked, deadline)
            decision = self._planned(observation, decision, deadline)
        else:
            if self._planning is not None:
                self._planning.forget()
            decision = self.calm_decision(observation)
        in_time = searches and time.perf_counter() < deadline
        may_plan = in_time or self.time.has_spare
        return self.redispatched(observation, decision, may_plan, deadline)

    def redispatched(
        self,
        observation: Any,
        decision: Decision,
        may_plan: bool = True,
        deadline: float = float("inf"),
    ) -> Decision:
        """The decision with the redispatching of this step, if any; to be asked in each step.

        `may_plan` and `deadline` are those of `Redispatching.on_top_of`.
        """
        if self._redispatching is None:
            return decision
        action = self._redispatching.on_top_of(decision.action, observation, may_plan, deadline)
        if action is decision.action:
            return decision
        rule = "redispatching" if decision.rule == "nothing" else decision.rule
        return replace(decision, action=action, rule=rule)

    def calm_decision(self, observation: Any) -> Decision:
        """The decision while no line is overloaded: the policy has no part in it."""
        decision = self._reconnection(observation)
        if decision is None and self.settings.recover:
            decision = recovery(observation, self._positions, self._simulator, self.settings)
        return decision or self._nothing

    def remedy(
        self, observation: Any, ranked: Sequence[int], deadline: float = float("inf")
    ) -> Decision:
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
            [self._label(choice, base.choice) for choice in choices],
            lambda index: self._on_top_of(base, choices[index], observation),
            self._simulator,
            self.settings,
            self._rank,
            deadline,
        )

    def ranks(self, observation: Any) -> np.ndarray:
        """How bad the simulated outcome of each of the policy's actions is, the lower the better.

        Shape ``(len(actions) + 1,)`` (`overload_rank`); infinite for what is illegal, changes
        nothing or ends the episode. 0 is do nothing.
        """
        base = self._reconnection(observation) or self._nothing
        choices = np.flatnonzero(self.action_mask(observation))
        actions = [
            self._on_top_of(base, choice, observation) if choice else base.action
            for choice in choices.tolist()
        ]
        ranks = np.full(len(self.actions) + 1, np.inf)
        ranks[choices] = [
            self._rank(each) for each in self._simulator.evaluate(observation, actions)
        ]
        return ranks

    def _rank(self, outcome: Outcome) -> float:
        return overload_rank(outcome, self.settings.counted_from)

    def _planned(self, observation: Any, decision: Decision, deadline: float) -> Decision:
        """A plan's next step, where the best single action leaves an overload."""
        outcome = decision.outcome
        if self._planning is None or outcome is None or outcome.max_rho < self.settings.plan_goal:
            return decision
        if time.perf_counter() >= deadline:
            return decision
        base = decision.candidates[0]
        planned = self._planning.next_action(observation, base.action, deadline)
        if planned is None:
            return decision
        action, choice, outcome = planned
        with_it = base.label if action.set_line_status.any() else self._nothing.choice
        label = self._label(0 if choice is None else choice + 1, with_it)
        candidates = (*decision.candidates, Candidate(label, action, outcome))
        return Decision(action, "plan", label, decision.lines, candidates)

    def _label(self, choice: int, base: str) -> str:
        """What an action of the policy is called when it is played with a `base`."""
        if base == self._nothing.choice:
            return self._labels[choice]
        return f"{base}, {self._labels[choice]}" if choice else base

    def _reconnection(self, observation: Any) -> Decision | None:
        if not self.settings.reconnect:
            return None
        return reconnection(observation, self._positions, self._simulator, self.settings)

    def _on_top_of(self, base: Decision, choice: int, observation: Any) -> GridAction:
        action = self.actions.actions[choice - 1]
        return base.action + GridAction.of_substation(
            self._positions, action.substation, action.busbars, observation.topo_vect
        )
