"""Recordings of episodes, step by step, from the files of grid2op's runner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Environment import Environment
from grid2op.Episode import EpisodeData
from grid2op.Space import GridObjects

from ..errors import PowrlError
from ..player.array_file import load_arrays, save_arrays
from ..player.grid.positions import Positions
from ..storage.json_file import read_json_object
from .grid2op_internals import (
    CHANGE_BUS,
    CHANGE_STATUS,
    REDISPATCH,
    SET_BUS,
    SET_STATUS,
    STORAGE,
)
from .places import places_of

MAX_NAMED_LINES, END_STEPS = 3, 12
"""Overloaded lines that the end of an episode names, and the steps that belong to the end."""

ADVICE = "remove it, and play the episode again: powrl score --resume"
HIGHEST_LOAD = 255
"""Highest load that a recording holds (%); higher ones are stored as this."""


@dataclass(frozen=True, eq=False)
class Recording:
    """An episode of T steps.

    Attributes
    ----------
    rho:
        Load of each line, % of its limit, before each step and after the last, shape
        ``(T + 1, n_line)``, uint8.
    topology:
        Busbar of each element, -1 for none, shape ``(T + 1, dim_topo)``, int8.
    attacked, maintained, tripped:
        Lines that the opponent attacks, that are in maintenance, and that protections opened in
        the step, shape ``(T, n_line)``, bool.
    switched:
        Lines that the agent's action closes (1) or opens (-1), shape ``(T, n_line)``, int8.
    used:
        Substations of which the action sets or changes busbars, shape ``(T, n_sub)``, bool.
    redispatched:
        Sum of the action's changes to the generators' targets (MW), shape ``(T,)``.
    stored:
        Power that storage units absorb or produce by the action, their sum (MW), shape ``(T,)``.
    curtailed:
        Production that curtailment takes away after the step (MW), shape ``(T,)``.
    reasons:
        What the agent says of its decision, shape ``(T,)``; empty where it says nothing.
    lines, substations:
        Names, shapes ``(n_line,)`` and ``(n_sub,)``.
    places:
        Where a map shows the substations, shape ``(n_sub, 2)``.
    ends, elements:
        Substations at the origin and extremity of each line, and these ends in `topology`, shapes
        ``(n_line, 2)``.
    substation_of:
        Substation of each element of `topology`, shape ``(dim_topo,)``.
    """

    rho: np.ndarray
    topology: np.ndarray
    attacked: np.ndarray
    maintained: np.ndarray
    tripped: np.ndarray
    switched: np.ndarray
    used: np.ndarray
    redispatched: np.ndarray
    stored: np.ndarray
    curtailed: np.ndarray
    reasons: np.ndarray
    lines: np.ndarray
    substations: np.ndarray
    places: np.ndarray
    ends: np.ndarray
    elements: np.ndarray
    substation_of: np.ndarray

    def __len__(self) -> int:
        return len(self.redispatched)

    def save(self, path: Path) -> None:
        """Write the npz file; replaces `path` only when complete."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_arrays(path, vars(self))

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read what `save` wrote.

        Raises
        ------
        PowrlError
            The file is missing or damaged.
        """
        arrays = load_arrays(path, "recording", ADVICE)
        steps = len(arrays.get("redispatched", ()))
        for name in ("stored", "curtailed"):  # recordings of earlier versions lack both
            arrays.setdefault(name, np.zeros(steps))
        rows = {field.name: steps for field in fields(cls)}
        rows |= {"rho": steps + 1, "topology": steps + 1}
        for name in ("lines", "ends", "elements"):
            rows[name] = len(arrays.get("lines", ()))
        for name in ("substations", "places"):
            rows[name] = len(arrays.get("substations", ()))
        rows["substation_of"] = len(arrays.get("substation_of", ()))
        if not steps or {name: len(array) for name, array in arrays.items()} != rows:
            raise PowrlError(f"the recording {path} is damaged; {ADVICE}.")
        return cls(**arrays)


def played_episode(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The only episode in a folder of grid2op's ``Runner``: its own folder, and its metadata."""
    (meta,) = folder.glob(f"*/{EpisodeData.META_FILE}")
    return meta.parent, read_json_object(meta, "score anew")


def recording_of(folder: Path, environment: Environment, reasons: Sequence[str]) -> Recording:
    """The recording of the only episode in a folder of grid2op's ``Runner``.

    Parameters
    ----------
    environment:
        The grid2op environment that was played.
    reasons:
        One for each step, or none.
    """
    episode, metadata = played_episode(folder)
    steps = int(metadata["nb_timestep_played"])

    def read(name: str, rows: int) -> np.ndarray:
        with np.load(episode / name) as arrays:
            return np.asarray(arrays["data"])[:rows]

    observed = _Columns(
        environment.observation_space, read(EpisodeData.OBSERVATIONS_FILE, steps + 1)
    )
    played = _Columns(environment.action_space, read(EpisodeData.ACTIONS_FILE, steps))
    n_line = environment.n_line
    attack = read(EpisodeData.ATTACK, steps)  # without opponent it has no columns
    attacked = attack != 0 if attack.shape[1] == n_line else np.zeros((steps, n_line), dtype=bool)
    maintained = observed.values("time_next_maintenance", n_line) == 0
    connected = observed.values("line_status", n_line) != 0
    switched = played.values(SET_STATUS, n_line).astype(np.int8)
    changed = played.values(CHANGE_STATUS, n_line) != 0
    switched = np.where(changed, np.where(connected[:-1], -1, 1), switched).astype(np.int8)
    set_bus = played.values(SET_BUS, environment.dim_topo)
    positions = Positions.from_grid2op(environment)
    elements = np.transpose([positions.origin, positions.extremity])
    switched[(set_bus[:, elements] < 0).any(axis=2)] = -1
    moved = (set_bus > 0) | (played.values(CHANGE_BUS, environment.dim_topo) != 0)
    # grid2op's own record of the lines that fail has no value for those that do not
    tripped = connected[:-1] & ~connected[1:] & ~attacked & ~maintained[1:] & (switched >= 0)
    if not connected[-1].any():  # a game over, which shows every line as open
        tripped[-1] = False
    loads = 100 * observed.values("rho", n_line)
    return Recording(
        rho=np.clip(np.rint(loads), 0, HIGHEST_LOAD).astype(np.uint8),
        topology=observed.values("topo_vect", environment.dim_topo).astype(np.int8),
        attacked=attacked,
        maintained=maintained[:-1],
        tripped=tripped,
        switched=switched,
        used=np.logical_or.reduceat(moved, positions.first_of_substation, axis=1),
        redispatched=np.abs(played.values(REDISPATCH, environment.n_gen)).sum(axis=1),
        stored=np.abs(played.values(STORAGE, environment.n_storage)).sum(axis=1),
        curtailed=_curtailed(observed, environment),
        reasons=np.array(list(reasons)[:steps] or [""] * steps, dtype=str),
        lines=np.array(environment.name_line, dtype=str),
        substations=np.array(environment.name_sub, dtype=str),
        places=places_of(environment),
        ends=positions.substation[elements],
        elements=elements,
        substation_of=positions.substation,
    )


def _curtailed(observed: _Columns, environment: Environment) -> np.ndarray:
    """Production that is curtailed after each step (MW), shape ``(T,)``."""
    shares = observed.values("curtailment", environment.n_gen)[1:]
    if not shares.any():  # or an environment that does not know its generators
        return np.zeros(len(shares))
    return np.asarray((shares * environment.gen_pmax).sum(axis=1))


def end_of(recording: Recording) -> str:
    """How an episode that ended early came to its end, in words."""
    names, last = recording.lines, len(recording) - 1
    parts = []
    steps = np.flatnonzero(recording.attacked.any(axis=1))
    if len(steps) and last - steps[-1] < END_STEPS:
        line = int(np.argmax(recording.attacked[steps[-1]]))
        free = np.flatnonzero(~recording.attacked[: steps[-1], line])
        begin = free[-1] + 1 if len(free) else 0
        parts.append(f"{last - begin} steps after the attack on {names[line]} began")
    loads = recording.rho[last]
    overloaded = [line for line in np.argsort(-loads.astype(int)) if loads[line] >= 100]
    if overloaded:
        loaded = [f"{names[line]} at {loads[line]} %" for line in overloaded[:MAX_NAMED_LINES]]
        more = (
            f" and {len(overloaded) - MAX_NAMED_LINES} more"
            if len(overloaded) > MAX_NAMED_LINES
            else ""
        )
        parts.append(f"overloaded: {', '.join(loaded)}{more}")
    tripped = np.flatnonzero(recording.tripped[-END_STEPS:].any(axis=0))
    if len(tripped):
        parts.append(f"opened by protections: {', '.join(names[tripped])}")
    return "; ".join(parts) or "no line was overloaded"


class _Columns:
    """The rows of observations or actions, by attribute."""

    def __init__(self, space: GridObjects, rows: np.ndarray) -> None:
        self._space, self._rows = space, np.nan_to_num(rows)

    def values(self, attribute: str, size: int) -> np.ndarray:
        """One attribute of each row; zeros where the space has none of it."""
        if attribute not in self._space.subtype.attr_list_vect:
            return np.zeros((len(self._rows), size))
        first, end, _ = self._space.get_indx_extract(attribute)
        return np.asarray(self._rows[:, first:end])
