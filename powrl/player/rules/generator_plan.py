"""The plan of the generators after a topological action: where they go, and what it costs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from ..grid.grid import Grid
from ..lookahead.batch import BatchSimulator
from ..lookahead.solved_state import SolvedState
from .bounds import within
from .case import Case
from .expected_attacks import ExpectedAttacks
from .linear_program import Fleet, Relief, least_redispatching
from .plan_cases import LossCase, PlanCases
from .purpose import purpose_of
from .redispatching_settings import RedispatchingSettings
from .relief_units import ReliefUnits
from .situation import Situation

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class GeneratorPlan:
    """What a program found for one topology.

    Attributes
    ----------
    changes:
        Changes of the generators, then what storage units and curtailment inject (MW).
    present:
        The grid as it is, without any margin.
    purpose:
        The overloads that it corrects, in words.
    cases, relief:
        What the program was made of.
    """

    changes: np.ndarray
    present: Case | None
    purpose: str
    cases: Sequence[Case]
    relief: Relief | None


class GeneratorPlanner:
    """Makes plans of the generators.

    Parameters
    ----------
    grid, simulator, settings:
        Of the rule.
    units:
        Storage units and renewable generators that plans use, or None.
    attacks:
        Those that plans prepare for.
    """

    def __init__(
        self,
        grid: Grid,
        simulator: BatchSimulator,
        settings: RedispatchingSettings,
        units: ReliefUnits | None,
        attacks: ExpectedAttacks,
    ) -> None:
        self._grid = grid
        self._settings = settings
        self._units = units
        self._cases = PlanCases(grid, simulator, settings, units, attacks)

    def plan(
        self,
        situation: Situation,
        action: GridAction,
        dispatched: np.ndarray,
        foreseen: np.ndarray | None,
    ) -> GeneratorPlan | None:
        """What relieves the grid after an action, if anything is known of it.

        Parameters
        ----------
        dispatched:
            The dispatch so far (MW), shape ``(n,)``.
        foreseen:
            Loads that the last plan expected in this step, or None: there was none.
        """
        solved = situation.solved
        if solved is None:
            return None
        settings, state = self._settings, solved.state
        topology = self._topology_after(solved, action)
        if topology is not None:
            state = state.with_topology(topology)
        numbers, relief = self._grid.generators.numbers, None
        produced = state.injections.gen_p[numbers].astype(float)
        losses = self._cases.at(situation, state)
        if self._units is not None:
            forecast = situation.forecast_production
            relief = self._units.relief(situation.observation, forecast, situation.is_overloaded)
            coming = produced - forecast[numbers]
            losses = self._cases.at_reference(losses, situation, dispatched, coming)
            produced = forecast[numbers] + dispatched
        present = losses[0].case if losses and losses[0].lost is None else None
        losses = self._cases.with_margin(losses, situation, foreseen)
        cases, steps = self._at_protections(situation, losses)
        changes = least_redispatching(
            Fleet(self._grid.generators, produced, dispatched),
            cases,
            steps=steps,
            held_steps=settings.redispatch_held_steps,
            spare_steps=settings.redispatch_spare_steps,
            reserve=settings.redispatch_reserve,
            relief=relief,
        )
        if changes is None:
            step = situation.observation.current_step
            log.warning("step %s: no plan of the generators found", step)
            return None
        names = self._grid.name_line.tolist()
        purpose = purpose_of([(loss.lost, loss.case) for loss in losses], changes, names)
        return GeneratorPlan(changes, present, purpose, cases, relief)

    def _topology_after(self, solved: SolvedState, action: GridAction) -> np.ndarray | None:
        """``topo_vect`` as an action makes it, or None: it is a game over."""
        if action.is_nothing:  # known without a power flow
            return solved.state.topology_in_maintenance(self._grid.positions)
        return solved.solve([action])[0].topology_before_protections

    def _at_protections(
        self, situation: Situation, losses: Sequence[LossCase]
    ) -> tuple[list[Case], int]:
        """The cases, those of the protections among them, and the steps that a plan has."""
        cases, overloaded = [loss.case for loss in losses], situation.is_overloaded
        steps = self._cases.emergency_steps if overloaded else 2 * self._settings.redispatch_every
        if not situation.settings.protections:
            return cases, steps
        counted = np.asarray(situation.observation.timestep_protection_engaged)
        if overloaded:
            steps = max(1, steps - int(counted.max()))
        return [*cases, *self._cases.at_protections(losses, counted, overloaded)], steps

    def cost(self, plan: GeneratorPlan, dispatched: np.ndarray) -> float:
        """What a plan leaves, in its last step and in its first, and what it holds.

        Holding 1 MW costs 1.
        """
        n, generators, changes = len(dispatched), self._grid.generators, plan.changes
        first = changes.copy()
        first[:n] = within(changes[:n], -generators.ramp_down, generators.ramp_up)
        excess = [case.cost(moves) for case in plan.cases for moves in (first, changes)]
        held = float(np.abs(dispatched + changes[:n]).sum())
        if plan.relief is not None:
            held += float(plan.relief.cost @ np.abs(changes[n:]))
        return sum(excess) / 2 + held
