"""Rule 1: reconnect a line when a simulation says that it does no harm."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..grid.positions import Positions
from ..lookahead.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def reconnection(
    observation: Any,
    positions: Positions,
    simulator: Simulator,
    settings: OverloadSettings,
) -> Decision | None:
    """The reconnection that leaves the lowest load, or None where none is possible or harmless.

    A line can be reconnected when it is disconnected and out of cooldown (attacks and maintenance
    hold their line in cooldown), to each busbar that is in use at its ends: grid2op's own choice,
    the busbar that it was on before, may be empty by now. It does no harm when the simulated load
    of the most loaded line stays below `critical_rho`, or does not rise above that of doing
    nothing.
    """
    if observation.line_status.all():
        return None
    free = np.asarray(observation.time_before_cooldown_line) == 0
    possible = ~np.asarray(observation.line_status) & free
    lines = tuple(int(line) for line in np.flatnonzero(possible))
    if not lines:
        return None
    labels, actions = ["do nothing"], [GridAction.nothing(positions)]
    for line in lines:
        ends = (int(observation.line_or_to_subid[line]), int(observation.line_ex_to_subid[line]))
        for busbars in product(*(_busbars_in_use(observation, positions, end) for end in ends)):
            where = "" if busbars == (1, 1) else f" on busbars {busbars[0]} and {busbars[1]}"
            labels.append(f"reconnect {observation.name_line[line]}{where}")
            actions.append(_reconnect(positions, line, *busbars))
    outcomes = simulator.evaluate(observation, actions)
    candidates = tuple(map(Candidate, labels, actions, outcomes))
    harmless = max(settings.critical_rho, candidates[0].outcome.max_rho)
    best = min(candidates[1:], key=lambda candidate: candidate.outcome.max_rho)
    if not best.outcome.max_rho < np.inf or best.outcome.max_rho > harmless:
        return None
    return Decision(best.action, "reconnection", best.label, lines, candidates)


def _busbars_in_use(observation: Any, positions: Positions, substation: int) -> list[int]:
    here = np.asarray(observation.topo_vect)[positions.part(substation)]
    # with all its lines out a substation has none in use
    return [busbar for busbar in (1, 2) if np.any(here == busbar)] or [1]


def _reconnect(positions: Positions, line: int, origin: int, extremity: int) -> GridAction:
    action = GridAction.nothing(positions)
    action.set_line_status[line] = 1
    action.set_bus[positions.origin[line]] = origin
    action.set_bus[positions.extremity[line]] = extremity
    return action
