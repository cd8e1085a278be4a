"""The rule that simulates the policy's best actions on an overload and takes a safe one."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import count
from .decision import Candidate, Decision, on_top_of
from .recovery import recoveries_in
from .rule import Phase, Rule
from .setting import COUNT, LOAD_OR_ZERO, RuleSettings, setting
from .situation import Situation

BATCHES_AT_ONCE = 16
"""Where all are simulated anyway, larger batches are faster, as far as the time allows."""


class Remedy(Rule):
    """Takes the first of the ranked actions that is safe, else the one that does the least harm.

    What the rules before it chose (nothing, or a reconnection) is simulated first and competes
    with the others, which are played on top of it.
    """

    name = "remedy"
    phase = Phase.OVERLOAD

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """How many actions are simulated, and which is good enough.

        Attributes
        ----------
        safe_rho:
            Simulated load under which a remedial action is taken at once, in the policy's order;
            with 0 all `candidates` are simulated and the best is taken.
        candidates:
            How many of the policy's best actions are simulated.
        nominal:
            Whether each split substation back to its nominal topology is simulated, too.
        """

        safe_rho: float = setting(0.9, LOAD_OR_ZERO)
        candidates: int = setting(40, COUNT)
        nominal: bool = setting(False)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The best of the simulated actions, from those that the policy ranks highest."""
        rho = np.asarray(situation.observation.rho)
        lines = np.flatnonzero(rho >= situation.settings.critical_rho).tolist()
        candidates = self._candidates(situation, decision)
        best = candidates[-1]
        if best.outcome.max_rho >= self.settings.safe_rho:
            best = min(candidates, key=lambda candidate: situation.rank(candidate.outcome))
        return Decision(
            best.action,
            self.name,
            best.label,
            tuple(lines),
            tuple(candidates),
            best,
            why=self._why(best, len(candidates)),
        )

    def _why(self, best: Candidate, simulated: int) -> str:
        """Why one of the candidates won."""
        safe, load = self.settings.safe_rho, best.outcome.max_rho
        if load < safe:
            return f"number {simulated} is the first that leaves all lines below {100 * safe:.0f} %"
        if not math.isfinite(load):
            return f"none of {count(simulated, 'simulated action')} is legal and goes on"
        among = f"of {count(simulated, 'simulated action')}"
        if safe:
            among = f"none {among} leaves all lines below {100 * safe:.0f} %;"
        return f"{among} it leaves the least overload (highest load {100 * load:.0f} %)"

    def _candidates(self, situation: Situation, base: Decision) -> list[Candidate]:
        """The base and the ranked actions on top of it, up to the first that is safe."""
        choices = self._screened(situation, base)
        first = [(base.choice, base.action), *self._recoveries(situation, base)]
        total = len(first) + len(choices)
        size, start = situation.batch_size, time.perf_counter()
        candidates: list[Candidate] = []
        while len(candidates) < total:
            batch = range(len(candidates), min(len(candidates) + size, total))
            options = [
                first[number]
                if number < len(first)
                else self._on_top(situation, base, choices[number - len(first)])
                for number in batch
            ]
            outcomes = situation.simulate([action for _, action in options])
            for (label, action), outcome in zip(options, outcomes):
                candidates.append(Candidate(label, action, outcome))
                if outcome.max_rho < self.settings.safe_rho:
                    return candidates
            if len(candidates) < total and situation.clock.stops():
                break
            if self.settings.safe_rho == 0:
                size = situation.batch_size * self._batches(situation, len(candidates), start)
        return candidates

    def _screened(self, situation: Situation, base: Decision) -> list[int]:
        """The policy's best actions; of those the best by estimated loads, where that is asked for.

        What is played beside them is not part of the estimate, so then it is not asked for.
        """
        choices = [choice for choice in situation.ranked if choice > 0][: self.settings.candidates]
        screened = situation.settings.screened
        if not 0 < screened < len(choices) or situation.solved is None:
            return choices
        if not base.action.is_nothing:
            return choices
        topology = np.asarray(situation.observation.topo_vect)
        set_bus = situation.actions.busbars_in(topology, np.array(choices) - 1)
        estimated = situation.solved.estimate_from(situation.solved.state, set_bus)
        if estimated is None:
            return choices
        ranks = [situation.rank(outcome) for outcome in estimated.outcomes()]
        best = np.sort(np.argsort(ranks, kind="stable")[:screened])
        return [choices[number] for number in best.tolist()]

    @staticmethod
    def _batches(situation: Situation, simulated: int, start: float) -> int:
        """How many batches at once there is time for, at the pace so far."""
        seconds = situation.clock.seconds_left
        if math.isinf(seconds):
            return BATCHES_AT_ONCE
        pace = max(time.perf_counter() - start, 1e-6) * situation.batch_size / simulated
        return int(np.clip(seconds / pace, 1, BATCHES_AT_ONCE))

    def _recoveries(self, situation: Situation, base: Decision) -> list[tuple[str, GridAction]]:
        """Label and action of each way back to the nominal topology, on top of the base."""
        if not self.settings.nominal:
            return []
        return [
            (on_top_of(base.choice, label), base.action + action)
            for label, action in recoveries_in(self.grid, situation.observation)
        ]

    @staticmethod
    def _on_top(situation: Situation, base: Decision, choice: int) -> tuple[str, GridAction]:
        """Label and action of an action of the policy on top of the base."""
        topology = np.asarray(situation.observation.topo_vect)
        action = situation.actions.played_in(topology, choice - 1)
        played = action if base.action.is_nothing else base.action + action
        return labelled(situation, base.choice, choice), played


def labelled(situation: Situation, base: str, choice: int) -> str:
    """What a choice of the policy is called when it is played on top of what is called `base`."""
    return on_top_of(base, situation.actions.describe(choice - 1)) if choice else base
