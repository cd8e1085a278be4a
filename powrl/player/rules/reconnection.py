"""The rule that reconnects a line when a simulation says that it does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import count
from ..grid.grid import Grid
from ..grid.observation import Observation
from ..grid.positions import Positions
from ..grid.reductions import all_hold, any_hold
from .attacks import attacked_lines
from .decision import DO_NOTHING, Candidate, Decision
from .rule import Phase, Rule
from .setting import RuleSettings, setting
from .situation import Situation


class Reconnection(Rule):
    """Reconnects the line whose return leaves the lowest load.

    A line can be reconnected when it is disconnected, out of cooldown and not under attack, to each
    busbar that is in use at its ends: grid2op's own choice, the busbar that it was on before, may
    be empty by now. It does no harm when the simulated load of the most loaded line stays below
    ``critical_rho``, or does not rise above that of doing nothing. A line whose attack may be over
    is left to `Reclosing`: a remedy would be chosen for a grid that has it.
    """

    name = "reconnection"
    phase = Phase.ALWAYS

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """When lines are reconnected.

        Attributes
        ----------
        reconnect:
            Whether disconnected lines are reconnected.
        """

        reconnect: bool = setting(True)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.reconnect

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The harmless reconnection that leaves the lowest load, or the decision as it is."""
        observation = situation.observation
        if all_hold(observation.line_status):
            return decision
        free = ~np.asarray(observation.line_status)
        free &= np.asarray(observation.time_before_cooldown_line) == 0
        if not any_hold(free):
            return decision
        free &= ~attacked_lines(self.grid, observation)
        lines = tuple(np.flatnonzero(free).tolist())
        if not lines:
            return decision
        labels, actions = [DO_NOTHING], [situation.nothing.action]
        for line in lines:
            for label, action in reconnections(self.grid, observation, line):
                labels.append(label)
                actions.append(action)
        candidates = tuple(map(Candidate, labels, actions, situation.simulate(actions)))
        harmless = max(situation.settings.critical_rho, candidates[0].outcome.max_rho)
        best = min(candidates[1:], key=lambda candidate: candidate.outcome.max_rho)
        if not best.outcome.max_rho < np.inf or best.outcome.max_rho > harmless:
            return decision
        why = (
            f"of {count(len(candidates) - 1, 'way')} to reconnect this one leaves the lowest loads "
            f"(highest {100 * best.outcome.max_rho:.1f} %; harmless up to {100 * harmless:.0f} %)"
        )
        return Decision(best.action, self.name, best.label, lines, candidates, best, why=why)


def reconnections(
    grid: Grid, observation: Observation, line: int
) -> Iterator[tuple[str, GridAction]]:
    """Label and action of each way to reconnect a line: to all busbars in use at its ends."""
    positions = grid.positions
    ends = int(grid.line_or_to_subid[line]), int(grid.line_ex_to_subid[line])
    for busbars in product(*(_busbars_in_use(observation, positions, end) for end in ends)):
        where = "" if busbars == (1, 1) else f" on busbars {busbars[0]} and {busbars[1]}"
        yield f"reconnect {grid.name_line[line]}{where}", _reconnect(positions, line, *busbars)


def _busbars_in_use(observation: Observation, positions: Positions, substation: int) -> list[int]:
    busbars = np.asarray(observation.topo_vect)[positions.part(substation)]
    # with all its lines out a substation has none in use
    return [busbar for busbar in (1, 2) if np.any(busbars == busbar)] or [1]


def _reconnect(positions: Positions, line: int, origin: int, extremity: int) -> GridAction:
    action = GridAction.of_line(positions, line, 1)
    action.set_bus[positions.origin[line]] = origin
    action.set_bus[positions.extremity[line]] = extremity
    return action
