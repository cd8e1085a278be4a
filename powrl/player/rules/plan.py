"""The rule that plans several actions over the steps that the protections leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import count
from ..grid.grid import Grid
from ..lookahead.beam_search import ActionSequence, by_outcome, search_sequence
from ..lookahead.outcome import Outcome, Simulator
from ..lookahead.protections import dangers
from .decision import DO_NOTHING, Candidate, Decision
from .line_relief import LineRelief
from .remedy import labelled
from .rule import Phase, Rule
from .setting import COUNT, LOAD, SHARE, RuleSettings, setting
from .situation import Situation
from .substations import Substations

RHO_TOLERANCE = 0.02
"""A step of the plan is played as long as its load is no higher than planned by more than this."""


class _PlanMemory:
    """The plan of the last overloaded step, and that which was under way before it."""

    plan: ActionSequence | None = None
    under_way: ActionSequence | None = None
    step = -1
    """The last overloaded step."""


class Plan(Rule):
    """Searches a sequence of actions where the best single one leaves an overload.

    It goes on with the sequence while the grid does as planned, and searches anew where it does
    not, or where a line can come back by now.
    """

    name = "plan"
    phase = Phase.OVERLOAD
    needs_batches = True

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """When plans are made, and how far the search goes.

        Attributes
        ----------
        plan:
            Whether sequences of actions are searched where no single action leads below
            `plan_goal`.
        plan_goal:
            Load of the most loaded line under which a sequence has reached its end.
        plan_width:
            States that the search keeps at each step.
        plan_depth:
            Steps of a sequence at most.
        plan_relief:
            The part of what generators could take off each load, all of them for one line, that
            sequences count on from step to step; 0: none. Then a sequence that ends a little above
            the limit ranks below one that hands the overload from line to line.
        """

        plan: bool = setting(True)
        plan_goal: float = setting(0.98, LOAD)
        plan_width: int = setting(10, COUNT)
        plan_depth: int = setting(5, COUNT)
        plan_relief: float = setting(0.0, SHARE)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.plan

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        self._relief = None
        if self.settings.plan_relief and simulator.batch is not None:
            self._relief = LineRelief(simulator.batch, grid.generators)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The next step of a plan, or the decision as it is, where it clears the overload."""
        memory, outcome = self._memory(situation), decision.outcome
        if outcome is None or outcome.max_rho < self.settings.plan_goal:
            return decision
        if situation.solved is None or situation.clock.stops():
            return decision
        base = decision.candidates[0]
        # a line that can come back by now was not part of the plan
        is_new = bool(base.action.set_line_status.any())
        # whether a line trips hangs on a percent of its load: each step is looked at anew
        protections = situation.settings.protections
        goes_on = not (is_new or protections)
        plan = self._continued(situation, memory.under_way) if goes_on else None
        if plan is None:
            plan = search_sequence(
                situation.solved,
                situation.actions,
                dangers if protections else by_outcome(situation.rank),
                self.settings.plan_goal,
                self.settings.plan_width,
                self.settings.plan_depth,
                base.action,
                relief=self._relief_in(situation),
                screened=situation.settings.screened,
            )
        if decision.rule == Substations.name and plan is not None:
            # several substations may leave less at once than one after the other
            ends_worse = situation.rank(plan.outcomes[-1]) >= situation.rank(outcome)
            plan = None if ends_worse else plan
        memory.plan = plan
        return decision if plan is None else self._decision(situation, decision, outcome, plan)

    def _relief_in(self, situation: Situation) -> np.ndarray | None:
        """What generators take off each load in a step, as far as sequences count on it."""
        state = situation.state
        if self._relief is None or state is None:
            return None
        situation.clock.count(1)
        return np.asarray(self.settings.plan_relief * self._relief.at(state))

    @staticmethod
    def _memory(situation: Situation) -> _PlanMemory:
        """The plan under way; one that was made before the grid calmed down is over."""
        memory, step = situation.memory.part(_PlanMemory), int(situation.observation.current_step)
        if memory.step != step:  # else the step is looked at once more
            memory.plan = memory.under_way = memory.plan if memory.step == step - 1 else None
            memory.step = step
        return memory

    def _decision(
        self, situation: Situation, decision: Decision, single: Outcome, plan: ActionSequence
    ) -> Decision:
        """The first step of a plan, in place of a decision whose outcome is `single`."""
        action, choice, base = plan.actions[0], plan.choices[0], decision.candidates[0]
        label = base.label if action.set_line_status.any() else DO_NOTHING
        label = labelled(situation, label, 0 if choice is None else choice + 1)
        chosen = Candidate(label, action, plan.outcomes[0])
        why = (
            f"begins a plan of {count(len(plan.actions), 'step')} that ends at a highest load of "
            f"{100 * plan.outcomes[-1].max_rho:.0f} %; the best single action leaves "
            f"{100 * single.max_rho:.0f} %"
        )
        candidates = (*decision.candidates, chosen)
        return Decision(action, self.name, label, decision.lines, candidates, chosen, why=why)

    @staticmethod
    def _continued(situation: Situation, plan: ActionSequence | None) -> ActionSequence | None:
        """The rest of the plan where things went as it said, else None."""
        if plan is None or len(plan.actions) < 2:
            return None
        if not np.array_equal(plan.topologies[0], situation.observation.topo_vect):
            return None
        (outcome,) = situation.simulate(plan.actions[1:2])
        if outcome.max_rho > plan.outcomes[1].max_rho + RHO_TOLERANCE:
            return None
        outcomes = (outcome, *plan.outcomes[2:])
        return ActionSequence(plan.choices[1:], plan.actions[1:], outcomes, plan.topologies[1:])
