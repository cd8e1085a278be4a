"""The overload manager: asks its rules in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..actions.action_set import ActionSet
from ..actions.grid_action import GridAction
from ..errors import PowrlError
from ..grid.forecasts import foreseeing, with_forecast
from ..grid.grid import Grid
from ..grid.learned_forecast import LearnedForecast
from ..grid.observation import Observation
from ..lookahead.clock import Clock
from ..lookahead.outcome import Simulator
from ..plugins import plugin_called
from .decision import Decision
from .memory import EpisodeMemory
from .order import RULES, in_order
from .plugin_rules import create_rule, load_rules
from .redispatching import Redispatching
from .rule import Phase, Rule, Unavailable
from .setting import RuleSettings
from .settings import OverloadSettings
from .situation import ManagerSettings, Ranking, Situation
from .time_budget import TimeBudget

log = logging.getLogger(__name__)

SECOND_LOOK_RHO = 0.005
"""The rules choose once more where the dispatch raises the highest load by so much."""
_RULES = frozenset(RULES)


class OverloadManager:
    """Decides at every step: each rule sees the situation and the decision so far.

    Parameters
    ----------
    grid:
        What is played on.
    actions:
        The reduced action space that a policy ranks.
    simulator:
        Evaluates actions.
    settings:
        Settings of all rules, plug-ins included.
    folders:
        Where modules of plug-ins are looked for first.

    Attributes
    ----------
    rules:
        Rules that are on and available, in order. The log says why a rule is not available (INFO).
    time:
        Time that is left for all decisions.
    memory:
        What the rules remember of the episode.

    Raises
    ------
    PowrlError
        A rule does not fit the grid, or a plug-in is no rule.
    """

    def __init__(
        self,
        grid: Grid,
        actions: ActionSet,
        simulator: Simulator,
        settings: OverloadSettings,
        folders: Sequence[Path] = (),
    ) -> None:
        self.grid = grid
        self.actions = actions
        self.settings = settings
        self.memory = EpisodeMemory()
        shared = settings.part(ManagerSettings)
        self.time = TimeBudget(shared.total_seconds, shared.total_steps, shared.seconds)
        self._shared = shared
        self._simulator = simulator
        self._is_slack = _slack_of(grid, simulator)
        self._nothing = Decision(GridAction.nothing(grid.positions))
        self.rules = self._rules(load_rules(settings.plugins, folders))
        self._calm = [rule for rule in self.rules if rule.phase in (Phase.CALM, Phase.ALWAYS)]
        self._search = [rule for rule in self.rules if rule.phase is Phase.OVERLOAD]
        first = self.rules.index(self._search[0])
        self._before, self._after = (
            [rule for rule in rules if rule.phase is Phase.ALWAYS]
            for rules in (self.rules[:first], self.rules[first:])
        )

    def _rules(self, plugins: dict[type[Rule], RuleSettings]) -> list[Rule]:
        """All rules that are on and can be had."""
        settings = {**{rule: self.settings.part(rule.Settings) for rule in RULES}, **plugins}
        rules = []
        for kind in in_order(list(plugins)):
            rule = create_rule(kind, self.grid, self._simulator, settings[kind])
            if rule is None:
                continue
            if isinstance(rule, Unavailable):
                log.info("no %s: %s", kind.name, rule.reason)
            else:
                rules.append(rule)
        return rules

    def reset(self) -> None:
        """Forget the episode: another one begins."""
        self.memory = EpisodeMemory()

    def situation(self, observation: Observation, ranking: Ranking) -> Situation:
        """The situation of a step, in which nothing is simulated yet; once for each step."""
        if not self.memory.goes_on_at(observation):
            self.reset()
            self.memory.goes_on_at(observation)
        observation = with_forecast(observation)
        return Situation(
            observation,
            self._outlook(observation),
            self.memory,
            Clock(self._shared.simulations),
            self._shared,
            self._simulator,
            self.actions,
            self._nothing,
            ranking,
        )

    def _outlook(self, observation: Observation) -> Observation:
        """The observation with the injections that are foreseen."""
        if not self._shared.learn_forecasts:
            return observation
        forecast = self.memory.part(LearnedForecast)
        injections = forecast.next(observation, self.grid.generators, self._is_slack)
        return foreseeing(observation, injections)

    def decide(self, observation: Observation, ranking: Ranking) -> Decision:
        """The decision for one step; nothing, once the time of all decisions is spent.

        Parameters
        ----------
        observation:
            An observation of grid2op or of the episode stepper.
        ranking:
            Orders the policy's actions on an overload.
        """
        return self.decide_in(self.situation(observation, ranking))

    def decide_in(self, situation: Situation) -> Decision:
        """The same in a situation that was looked at before."""
        if self.time.is_spent:
            return replace(self._nothing, cut=True)
        start, searches = time.perf_counter(), situation.is_overloaded
        seconds = self.time.allowance if searches else self.time.calm_allowance
        situation.clock.limit(seconds, self.time.has_spare)
        try:
            if searches:
                decision = self._on_overload(situation)
            else:
                decision = _decide_by(self._calm, situation, self._nothing)
            situation.foresee(decision.action)
            return replace(decision, cut=True) if situation.clock.was_cut else decision
        finally:
            self.time.count(time.perf_counter() - start, searches)

    def _on_overload(self, situation: Situation) -> Decision:
        """What the rules choose; once more beside a dispatch that makes their choice worse."""
        base = _decide_by(self._before, situation, self._nothing)
        searched = _decide_by(self._search, situation, base)
        decision = _decide_by(self._after, situation, searched)
        if not self._shared.second_look or decision.action.is_topological:
            return decision
        moved = situation.with_moves(decision.action)
        if moved.state is None or not self._is_worse(moved, decision):
            return decision
        others = [rule for rule in self._after if not isinstance(rule, Redispatching)]
        chosen = _decide_by([*self._search, *others], moved, base)
        length = len(searched.why) if decision.why.startswith(searched.why) else 0
        moves = decision.why[length:].lstrip("; ")
        return replace(
            chosen,
            action=chosen.action.plus(*decision.action.parts[2:]),
            why="; ".join(filter(None, (chosen.why, moves))),
        )

    @staticmethod
    def _is_worse(moved: Situation, decision: Decision) -> bool:
        """Whether the dispatch raises what a decision leaves, beyond what counts as overloaded."""
        (outcome,) = moved.simulate([decision.action.topological])
        before = np.inf if decision.outcome is None else decision.outcome.max_rho
        limit = max(before + SECOND_LOOK_RHO, moved.settings.critical_rho)
        return outcome.max_rho >= limit

    def warn(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with the warnings of this step, while there is time."""
        for rule in self.rules:
            if rule.phase is Phase.WARNING and not self.time.is_spent:
                decision = _applied(rule, situation, decision)
        return decision

    def ranks(self, situation: Situation) -> np.ndarray:
        """How bad the simulated outcome of each of the policy's actions is, the lower the better.

        They are played on top of what the rules before the remedy choose, a reconnection for
        instance.

        Returns
        -------
        numpy.ndarray
            Shape ``(len(actions) + 1,)`` (`overload_rank`); infinite for what is illegal, changes
            nothing or ends the episode. 0 is do nothing.
        """
        base = _decide_by(self._before, situation, self._nothing)
        topology = np.asarray(situation.observation.topo_vect)
        choices = np.flatnonzero(situation.allowed)
        actions = [base.action]
        actions += [
            base.action + self.actions.played_in(topology, choice - 1)
            for choice in choices[1:].tolist()
        ]
        ranks = np.full(len(self.actions) + 1, np.inf)
        ranks[choices] = [situation.rank(outcome) for outcome in situation.simulate(actions)]
        return ranks


def _decide_by(rules: Sequence[Rule], situation: Situation, decision: Decision) -> Decision:
    """What rules make of a decision, one after the other."""
    for rule in rules:
        decision = _applied(rule, situation, decision)
    return decision


def _applied(rule: Rule, situation: Situation, decision: Decision) -> Decision:
    """What one rule makes of a decision; that of a plug-in is checked."""
    if type(rule) in _RULES:
        return rule.apply(situation, decision)
    subject = f"the rule {type(rule).__module__.rpartition('.')[2]}:{type(rule).__name__}"
    with plugin_called(subject):
        own: object = rule.apply(situation, decision)
    if not isinstance(own, Decision):
        raise PowrlError(
            f"{subject} returned a {type(own).__name__}; return the decision, or another one."
        )
    return own


def _slack_of(grid: Grid, simulator: Simulator) -> np.ndarray:
    """Which generators balance the grid, shape ``(n_gen,)``; none where ``simulate`` is asked."""
    if simulator.batch is None:
        return np.zeros(grid.n_gen, dtype=bool)
    return simulator.batch.is_slack
