"""The rule that moves generators, ahead of attacks and against overloads that topology leaves."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from ..actions.grid_action import GridAction
from ..actions.redispatch import Redispatch
from ..grid.grid import Grid
from ..grid.observation import Observation
from ..lookahead.batch import BatchSimulator
from ..lookahead.outcome import Simulator
from .attack_pause import PauseCounter
from .decision import NOTHING, Decision
from .dispatch_memory import DispatchMemory
from .dispatch_step import DispatchStep
from .expected_attacks import ExpectedAttacks
from .generator_plan import GeneratorPlan, GeneratorPlanner
from .redispatching_settings import RedispatchingSettings
from .relief_units import ReliefUnits
from .rivals import rivals
from .rule import Phase, Rule, Unavailable
from .setting import RuleSettings
from .situation import Situation

log = logging.getLogger(__name__)

MIN_GAIN = 5.0
"""A plan for another topology costs less by so much, or the decision stays (MW held)."""


class Redispatching(Rule):
    """Keeps the grid within its limits also after the attacks that are expected.

    Every ``redispatch_every`` steps, and at each step with an overload, a linear program over the
    power flow's sensitivities says where the generators should be; they go there as fast as their
    ramps allow. The same program brings them back when the grid is calm. Where the ramps leave no
    room, the generators are told to stay where they are, which grid2op can always do.
    """

    name = "redispatching"
    phase = Phase.ALWAYS
    needs_batches = True
    Settings = RedispatchingSettings

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        batch = simulator.batch
        assert batch is not None
        is_slack = batch.is_slack[grid.generators.numbers]
        attacks = ExpectedAttacks(grid, batch, self.settings)
        self._pause = attacks.pause
        self._units = _relief_units(grid, batch, self.settings)
        self._planner = GeneratorPlanner(grid, batch, self.settings, self._units, attacks)
        self._step = DispatchStep(grid, is_slack, self._units)

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule, where actions may redispatch."""
        assert isinstance(settings, RedispatchingSettings)
        if Redispatch.key not in grid.action_keys:
            return Unavailable("actions of this environment cannot")
        if not len(grid.generators.numbers):
            return Unavailable("no generator of this grid can be moved")
        return super().create(grid, simulator, settings)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with the redispatching of this step, or as it is."""
        observation, generators = situation.observation, self.grid.generators
        memory = situation.memory.part(DispatchMemory)
        self._pause.watch(situation.memory.part(PauseCounter), observation)
        dispatched = np.asarray(observation.actual_dispatch, dtype=float)[generators.numbers]
        plan = None
        if situation.has_spare and self._is_due(situation, memory):
            memory.planned_at = int(observation.current_step)
            decision, plan = self._best_plan(situation, decision, dispatched, memory)
            if plan is not None:
                self._follow(situation, memory, plan, dispatched)
        parts = self._step.parts(situation, memory, dispatched, plan.present if plan else None)
        if not parts:
            return decision
        action = decision.action.plus(*parts)
        if self._units is not None and self._ends_the_episode(situation.outlook, action, decision):
            return decision
        rule = self.name if decision.rule == NOTHING else decision.rule
        why = "; ".join(filter(None, (decision.why, self._step.why(parts, memory))))
        return replace(decision, action=action, rule=rule, why=why)

    def _ends_the_episode(
        self, observation: Observation, action: GridAction, decision: Decision
    ) -> bool:
        """Whether an action does that the decision does not: generators cannot balance it."""
        (moved,) = self.simulator.evaluate(observation, [action])
        if not moved.game_over:
            return False
        (alone,) = self.simulator.evaluate(observation, [decision.action])
        return not alone.game_over

    def _is_due(self, situation: Situation, memory: DispatchMemory) -> bool:
        passed = situation.observation.current_step - memory.planned_at
        is_first = memory.planned_at < 0
        return is_first or passed >= self.settings.redispatch_every or situation.is_overloaded

    def _follow(
        self,
        situation: Situation,
        memory: DispatchMemory,
        plan: GeneratorPlan,
        dispatched: np.ndarray,
    ) -> None:
        """Take a plan for what the next steps aim at."""
        n = len(dispatched)
        memory.target = dispatched + plan.changes[:n]
        memory.purpose = plan.purpose
        if self._units is not None:
            memory.wish = self._units.wish(plan.changes[n:], situation.forecast_production)

    def _best_plan(
        self,
        situation: Situation,
        decision: Decision,
        dispatched: np.ndarray,
        memory: DispatchMemory,
    ) -> tuple[Decision, GeneratorPlan | None]:
        """The decision, or another candidate of it whose plan leaves less, with its plan."""
        foreseen = None if memory.foresees is None else memory.foresees()
        best = self._planner.plan(situation, decision.action, dispatched, foreseen)
        others = rivals(situation, decision, self.settings.redispatch_candidates - 1)
        if not others:
            return decision, best
        chosen, cost = decision, np.inf if best is None else self._planner.cost(best, dispatched)
        for candidate in others:
            plan = self._planner.plan(situation, candidate.action, dispatched, foreseen)
            cost_of_plan = np.inf if plan is None else self._planner.cost(plan, dispatched)
            if plan is None or cost_of_plan > cost - MIN_GAIN:
                continue
            best, cost = plan, cost_of_plan
            chosen = replace(
                decision,
                action=candidate.action,
                choice=candidate.label,
                chosen=candidate,
                why="with generators, storage and curtailment it leaves the least",
            )
        return chosen, best


def _relief_units(
    grid: Grid, simulator: BatchSimulator, settings: RedispatchingSettings
) -> ReliefUnits | None:
    """Storage units and renewable generators that plans use, or None: generators alone."""
    if not (settings.storage or settings.curtail):
        return None
    if simulator.dispatcher is None:
        log.info("no storage and no curtailment: grid2op is older than 1.12.6")
        return None
    units = ReliefUnits(
        simulator.dispatcher,
        grid.action_keys,
        settings.storage,
        settings.curtail,
        settings.storage_cost,
        settings.curtailment_cost,
        settings.storage_level,
    )
    return units if len(units) else None
