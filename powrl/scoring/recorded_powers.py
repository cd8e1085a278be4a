"""What a recording keeps of powers and actions: generators, storage units, whole actions."""

from __future__ import annotations

import numpy as np
from grid2op.Environment import Environment

from .grid2op_internals import CURTAIL, REDISPATCH, STORAGE
from .observed_values import Columns, Observed

REDISPATCHED, STORED, CURTAILED = 0, 1, 2
"""Kinds of moves of generators and storage units."""
TENTHS = 10
"""Powers are recorded in tenths of a MW."""


def powers(environment: Environment, observed: Observed) -> dict[str, np.ndarray]:
    """What lines carry, and how generators and storage units differ from the time series."""
    n_gen = environment.n_gen
    produced = observed.values("gen_p", n_gen)
    lost = np.maximum(observed.values("gen_p_before_curtail", n_gen) - produced, 0)
    renewable = np.zeros(n_gen, dtype=bool)
    if environment.redispatching_unit_commitment_availble:
        renewable = np.asarray(environment.gen_renewable, dtype=bool)
    return {
        "flows": rounded(observed.values("p_or", environment.n_line)),
        "dispatched": rounded(TENTHS * observed.values("actual_dispatch", n_gen)),
        "curtailed_powers": rounded(TENTHS * np.where(renewable, lost, 0)),
        "storage_powers": rounded(TENTHS * observed.values("storage_power", environment.n_storage)),
        "generators": np.array(environment.name_gen, dtype=str),
        "storages": np.array(environment.name_storage, dtype=str),
        "generators_at": np.asarray(environment.gen_to_subid, dtype=np.int32),
        "storages_at": np.asarray(environment.storage_to_subid, dtype=np.int32),
    }


def moves(environment: Environment, played: Columns) -> dict[str, np.ndarray]:
    """What the actions ask of generators and storage units."""
    n_gen, n_storage = environment.n_gen, environment.n_storage
    redispatched, stored = played.values(REDISPATCH, n_gen), played.values(STORAGE, n_storage)
    limits = played.values(CURTAIL, n_gen)
    limited = (limits >= 0) & played.has(CURTAIL)  # -1: no limit
    kinds = [
        (REDISPATCHED, redispatched, redispatched != 0),
        (STORED, stored, stored != 0),
        (CURTAILED, limits * np.asarray(environment.gen_pmax), limited),
    ]
    places = [np.insert(np.argwhere(mask), 1, kind, axis=1) for kind, _, mask in kinds]
    values = [powers[mask] for _, powers, mask in kinds]
    return {
        "moves": np.concatenate(places).astype(np.int32),
        "moves_mw": np.concatenate(values).astype(np.float32),
    }


def vectors(environment: Environment, played: Columns) -> dict[str, np.ndarray]:
    """The actions as vectors, as far as they differ from doing nothing."""
    nothing = np.nan_to_num(environment.action_space({}).to_vect())
    differs = played.rows != nothing
    return {
        "actions_at": np.argwhere(differs).astype(np.int32),
        "actions_values": played.rows[differs].astype(np.float64),
    }


def rounded(values: np.ndarray) -> np.ndarray:
    """Values as int16, which recordings hold."""
    return np.asarray(np.clip(np.rint(values), -32_000, 32_000).astype(np.int16))
