"""The use of lines with each line out, from a recorded episode."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from ...environments.opening import Scenarios, open_environment
from ...errors import PowrlError
from ...player.lookahead.grid_model import GridModel, Injections
from ...player.lookahead.outages import OutageSweep
from ..recorded_powers import TENTHS
from ..recording import Recording
from .episode import Use, require_states


def use_with_outages(scenarios: Scenarios, recording: Recording) -> Use:
    """Loads of all lines after each step of an episode, with each line out.

    A power flow that has no solution, or whose outage splits the grid, counts with loads of 0; so
    does a blackout.

    Parameters
    ----------
    scenarios:
        Of the environment that was played.

    Raises
    ------
    PowrlError
        The environment cannot be opened, lightsim2grid's grid model does not cover it, or the
        recording is of an older version.
    """
    require_states(recording)
    with closing(open_environment(scenarios)) as environment:
        environment.reset()
        try:
            grid = GridModel(environment.backend)
        except PowrlError as error:
            raise PowrlError(f"{error} Leave out N-1: --no-outages.") from error
        limits = np.asarray(environment.get_thermal_limit(), dtype=float)
    out = np.eye(len(limits), dtype=bool)
    highest, total, above, unsolved = 0.0, 0.0, 0, 0
    sweep, state = None, b""
    for step in range(1, len(recording) + 1):
        topology = recording.topology[step].astype(np.int32)
        if (topology < 0).all():  # a blackout
            continue
        injections = _injections(recording, step)
        now = topology.tobytes() + injections.storage_p.tobytes()
        if sweep is None or now != state:  # most steps change neither
            grid.set_topology(topology)
            sweep, state = OutageSweep(grid, out, injections.storage_p), now
        _, solved = sweep.solve(injections)
        loads = sweep.currents()[solved] / limits
        unsolved += int((~solved).sum())
        highest = max(highest, float(loads.max(initial=0)))
        total += float(loads.sum())
        above += int((loads > 1).sum())
    values = len(recording) * out.size
    return Use(highest, total / values, 100 * above / values, values, unsolved)


def _injections(recording: Recording, step: int) -> Injections:
    parts = ("gen_p", "gen_v", "load_p", "load_q", "storage_powers")
    return Injections(
        *((getattr(recording, name)[step] / TENTHS).astype(np.float32) for name in parts)
    )
