"""What a recording keeps for indicators: powers of all generators and loads, and use of lines."""

from __future__ import annotations

import numpy as np
from grid2op.Environment import Environment

from ..player.grid.positions import Positions
from .grid2op_internals import CHANGE_BUS, CHANGE_STATUS, SET_BUS, SET_STATUS
from .observed_values import Columns, Observed
from .recorded_powers import TENTHS, rounded


def states(environment: Environment, observed: Observed, played: Columns) -> dict[str, np.ndarray]:
    """Fields of `powrl.scoring.recording.Recording`, from `gen_p` to `hours`."""
    n_gen, n_load = environment.n_gen, environment.n_load
    produced, consumed = observed.values("gen_p", n_gen), observed.values("load_p", n_load)
    rho = observed.values("rho", environment.n_line)
    use = [rho.max(axis=1), rho.mean(axis=1), (rho > 1).mean(axis=1)]
    types = environment.gen_type if environment.redispatching_unit_commitment_availble else []
    return {
        "gen_p": rounded(TENTHS * produced),
        "gen_v": rounded(TENTHS * observed.values("gen_v", n_gen)),
        "uncurtailed": rounded(TENTHS * observed.values("gen_p_before_curtail", n_gen)),
        "targets": rounded(TENTHS * observed.values("target_dispatch", n_gen)),
        "load_p": rounded(TENTHS * consumed),
        "load_q": rounded(TENTHS * observed.values("load_q", n_load)),
        "losses": (produced.sum(axis=1, dtype=float) - consumed.sum(axis=1, dtype=float)).astype(
            np.float32
        ),
        "utilisation": np.transpose(use).astype(np.float32),
        "topology_changes": _topology_changes(environment, played),
        "generator_types": np.array(types, dtype=str),
        "hours": np.array([environment.delta_time_seconds / 3600]),
    }


def _topology_changes(environment: Environment, played: Columns) -> np.ndarray:
    """How many kinds of topology changes each action has; of busbars those of lines count."""
    positions = Positions.from_grid2op(environment)
    ends = np.append(positions.origin, positions.extremity)
    kinds = [
        *(played.values(name, environment.dim_topo)[:, ends] for name in (SET_BUS, CHANGE_BUS)),
        *(played.values(name, environment.n_line) for name in (SET_STATUS, CHANGE_STATUS)),
    ]
    return np.asarray(sum((kind != 0).any(axis=1).astype(np.uint8) for kind in kinds))
