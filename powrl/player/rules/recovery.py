"""The rule that brings a calm grid back to its nominal topology."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import count
from ..grid.grid import Grid
from ..grid.observation import Observation
from ..grid.reductions import highest
from .decision import NOTHING, Candidate, Decision
from .posture_memory import PostureMemory
from .rule import Phase, Rule
from .setting import LOAD, RuleSettings, setting
from .situation import Situation


class Recovery(Rule):
    """Brings one substation per step back to its nominal topology: all elements on busbar 1.

    Of the substations that are split and out of cooldown, it takes the one that leaves the lowest
    simulated load, and only where that stays below ``recovery_rho``. Where the grid would stay
    below it with no substation split, each step of the way there may leave up to
    ``recovery_way_rho``: what an attack leaves behind is often worse than what it interrupted.
    """

    name = "recovery"
    phase = Phase.CALM

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """When the nominal topology is restored.

        Attributes
        ----------
        recover:
            Whether a calm grid is brought back to its nominal topology.
        recovery_rho:
            Load under which recovery begins, and below which the simulated load must stay.
        recovery_way_rho:
            Load below which a step on the way begins and must stay, where the nominal topology
            itself stays below `recovery_rho`; no effect where it is lower than that.
        """

        recover: bool = setting(True)
        recovery_rho: float = setting(0.9, LOAD)
        recovery_way_rho: float = setting(0.97, LOAD)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.recover

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The recovery of one substation; a decision that does something already stays."""
        observation, settings = situation.observation, self.settings
        if highest(observation.topo_vect) < 2:  # no substation is split
            return decision
        limit, now = settings.recovery_rho, float(highest(observation.rho))
        if now >= max(limit, settings.recovery_way_rho) or decision.rule != NOTHING:
            return decision
        held = situation.memory.part(PostureMemory).substations
        recoveries = list(recoveries_in(self.grid, observation, held))
        if not recoveries:
            return decision
        labels, actions = zip(*recoveries)
        candidates = tuple(map(Candidate, labels, actions, situation.simulate(actions)))
        best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
        load = max(now, best.outcome.max_rho)
        if limit <= load < settings.recovery_way_rho and self._nominal_rho(situation) < limit:
            limit = settings.recovery_way_rho
        if load >= limit:
            return decision
        why = (
            f"of {count(len(candidates), 'split substation')} this one leaves the lowest loads "
            f"(highest {100 * best.outcome.max_rho:.1f} %, below {100 * limit:.0f} %)"
        )
        return Decision(best.action, self.name, best.label, (), candidates, best, why=why)

    def _nominal_rho(self, situation: Situation) -> float:
        """Load of the most loaded line with no substation split; infinite where it is unknown."""
        simulator, state = self.simulator.batch, situation.state
        if simulator is None or state is None:
            return math.inf
        situation.clock.count(1)
        (outcome,) = simulator.evaluate_state(
            state.nominal(), [GridAction.nothing(self.grid.positions)]
        )
        return outcome.max_rho


def recoveries_in(
    grid: Grid, observation: Observation, held: Container[int] = ()
) -> Iterator[tuple[str, GridAction]]:
    """Label and action of each recovery: of substations that are split and out of cooldown.

    Parameters
    ----------
    held:
        Numbers of substations that stay split.
    """
    positions, topology = grid.positions, np.asarray(observation.topo_vect)
    split = positions.substation[topology == 2].tolist()  # in ascending order
    cooldown = observation.time_before_cooldown_sub
    for substation in dict.fromkeys(split):
        if cooldown[substation] == 0 and substation not in held:
            busbars = np.ones_like(topology[positions.part(substation)])
            action = GridAction.of_substation(positions, substation, busbars, topology)
            yield f"{grid.name_sub[substation]}: all on busbar 1", action
