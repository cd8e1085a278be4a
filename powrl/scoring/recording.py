"""Recordings of episodes, step by step, from the files of grid2op's runner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from grid2op.Environment import Environment
from grid2op.Episode import EpisodeData

from ..errors import PowrlError, count
from ..grid_map.places import places_of
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
from .observed_values import Columns, Observed
from .recorded_arrays import POWERS, STATES, is_whole
from .recorded_decisions import DecisionRecorder
from .recorded_powers import moves, powers, vectors
from .recorded_states import states

MAX_NAMED_LINES, END_STEPS = 3, 12
"""Overloaded lines that the end of an episode names, and the steps that belong to the end."""

ADVICE = "remove it, and play the episode again: powrl score --resume"
HIGHEST_LOAD = 255
"""Highest load that a recording holds (%); higher ones are stored as this."""


def _empty(shape: tuple[int, ...], kind: npt.DTypeLike) -> Callable[[], np.ndarray]:
    """Makes what recordings of older versions hold in place of a field."""
    return lambda: np.zeros(shape, dtype=kind)


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
    flows:
        Active power at the origin of each line (MW), shape ``(T + 1, n_line)``, int16. This and
        all that follows is empty in recordings of older versions.
    dispatched, curtailed_powers, storage_powers:
        By how much each generator is held away from the time series and curtailed, and what each
        storage unit takes (tenths of MW), int16, shapes ``(T + 1, n_gen)`` twice and
        ``(T + 1, n_storage)``.
    generators, storages, generators_at, storages_at:
        Names of generators and storage units, and their substations.
    moves, moves_mw:
        Moves that the actions ask for: step, kind (of `powrl.scoring.recorded_powers`) and
        number of the element, shape ``(k, 3)``, int32; and MW (of curtailment the limit).
    actions_at, actions_values:
        All actions as grid2op's vectors: step and place of each value that differs from doing
        nothing, shape ``(k, 2)``, int32, and the value, float64.
    whys:
        Why the choice won, shape ``(T,)``; empty where the agent does not say.
    labels, candidate_steps, candidate_labels, candidate_loads, candidate_states, candidate_chosen:
        All actions that were simulated, in their order: labels, and of each candidate the step, the
        number of its label, its load in per mille, its state, and whether it was chosen
        (`powrl.scoring.recorded_decisions`).
    gen_p, gen_v, uncurtailed, targets:
        Production, voltage, production without curtailment (0 of generators that are not renewable,
        as grid2op has it) and targeted dispatch of each generator, tenths of MW or kV, int16, shape
        ``(T + 1, n_gen)``. This and all that follows is empty in recordings of older versions.
    load_p, load_q:
        Active and reactive power of each load, tenths of MW or MVAr, int16, shape
        ``(T + 1, n_load)``.
    losses:
        Production minus consumption (MW), shape ``(T + 1,)``, float32.
    utilisation:
        Highest and mean load of all lines, and the share of lines above 1, shape ``(T + 1, 3)``,
        float32.
    topology_changes:
        Kinds of topology changes in the action: busbars set or changed, lines set or changed, shape
        ``(T,)``, uint8.
    generator_types:
        Kind of each generator, shape ``(n_gen,)``; empty where the environment does not say.
    hours:
        Duration of a step (h), shape ``(1,)``.
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
    flows: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    dispatched: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    curtailed_powers: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    storage_powers: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    generators: np.ndarray = field(default_factory=_empty((0,), "U1"))
    storages: np.ndarray = field(default_factory=_empty((0,), "U1"))
    generators_at: np.ndarray = field(default_factory=_empty((0,), np.int32))
    storages_at: np.ndarray = field(default_factory=_empty((0,), np.int32))
    moves: np.ndarray = field(default_factory=_empty((0, 3), np.int32))
    moves_mw: np.ndarray = field(default_factory=_empty((0,), np.float32))
    actions_at: np.ndarray = field(default_factory=_empty((0, 2), np.int32))
    actions_values: np.ndarray = field(default_factory=_empty((0,), np.float64))
    whys: np.ndarray = field(default_factory=_empty((0,), "U1"))
    labels: np.ndarray = field(default_factory=_empty((0,), "U1"))
    candidate_steps: np.ndarray = field(default_factory=_empty((0,), np.int32))
    candidate_labels: np.ndarray = field(default_factory=_empty((0,), np.int32))
    candidate_loads: np.ndarray = field(default_factory=_empty((0,), np.uint16))
    candidate_states: np.ndarray = field(default_factory=_empty((0,), np.uint8))
    candidate_chosen: np.ndarray = field(default_factory=_empty((0,), bool))
    gen_p: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    gen_v: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    uncurtailed: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    targets: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    load_p: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    load_q: np.ndarray = field(default_factory=_empty((0, 0), np.int16))
    losses: np.ndarray = field(default_factory=_empty((0,), np.float32))
    utilisation: np.ndarray = field(default_factory=_empty((0, 3), np.float32))
    topology_changes: np.ndarray = field(default_factory=_empty((0,), np.uint8))
    generator_types: np.ndarray = field(default_factory=_empty((0,), "U1"))
    hours: np.ndarray = field(default_factory=_empty((0,), np.float64))

    def __len__(self) -> int:
        return len(self.redispatched)

    def save(self, path: Path) -> None:
        """Write the npz file; replaces `path` only when complete."""
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = vars(self)
        if not self.has_states:
            arrays = {name: arrays[name] for name in arrays.keys() - STATES.keys()}
        if not self.is_complete:
            arrays = {name: arrays[name] for name in arrays.keys() - POWERS.keys()}
        save_arrays(path, arrays)

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read what `save` wrote.

        Raises
        ------
        PowrlError
            The file is missing or damaged.
        """
        arrays = load_arrays(path, "recording", ADVICE)
        for name in ("stored", "curtailed"):  # recordings of earlier versions lack both
            arrays.setdefault(name, np.zeros(np.shape(arrays.get("redispatched", ()))))
        if not is_whole(arrays):
            raise PowrlError(f"the recording {path} is damaged; {ADVICE}.")
        return cls(**arrays)

    @property
    def is_complete(self) -> bool:
        """Whether it has what recordings of older versions lack: powers, actions, candidates."""
        return len(self.flows) > 0

    @property
    def has_states(self) -> bool:
        """Whether it has what indicators need: powers of all generators and loads."""
        return len(self.hours) > 0


def played_episode(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The only episode in a folder of grid2op's ``Runner``: its own folder, and its metadata."""
    (meta,) = folder.glob(f"*/{EpisodeData.META_FILE}")
    return meta.parent, read_json_object(meta, "score anew")


def recording_of(
    folder: Path,
    environment: Environment,
    reasons: Sequence[str],
    decisions: DecisionRecorder | None = None,
) -> Recording:
    """The recording of the only episode in a folder of grid2op's ``Runner``.

    Parameters
    ----------
    environment:
        The grid2op environment that was played.
    reasons:
        One for each step, or none.
    decisions:
        What was simulated for them.
    """
    episode, metadata = played_episode(folder)
    steps = int(metadata["nb_timestep_played"])

    def read(name: str, rows: int) -> np.ndarray:
        with np.load(episode / name) as arrays:
            return np.asarray(arrays["data"])[:rows]

    observed = Columns(
        environment.observation_space, read(EpisodeData.OBSERVATIONS_FILE, steps + 1)
    )
    n_line = environment.n_line
    attack = read(EpisodeData.ATTACK, steps)  # without opponent it has no columns
    attacked = attack != 0 if attack.shape[1] == n_line else np.zeros((steps, n_line), dtype=bool)
    actions = read(EpisodeData.ACTIONS_FILE, steps)
    arrays = (decisions or DecisionRecorder()).arrays(steps)
    return recording_from(environment, observed, actions, attacked, reasons, arrays)


def recording_from(
    environment: Environment,
    observed: Observed,
    actions: np.ndarray,
    attacked: np.ndarray,
    reasons: Sequence[str],
    decisions: dict[str, np.ndarray],
) -> Recording:
    """The recording of an episode of T steps from its observations and actions.

    Parameters
    ----------
    observed:
        The T + 1 observations.
    actions:
        The actions as grid2op's vectors, shape ``(T, n)``.
    attacked:
        Lines that the opponent attacks, shape ``(T, n_line)``, bool.
    reasons:
        One for each step, or none.
    decisions:
        Arrays of `powrl.scoring.recorded_decisions.DecisionRecorder`.
    """
    played, n_line, steps = (
        Columns(environment.action_space, actions),
        environment.n_line,
        len(actions),
    )
    maintained = observed.values("time_next_maintenance", n_line) == 0
    connected = observed.values("line_status", n_line) != 0
    positions = Positions.from_grid2op(environment)
    elements = np.transpose([positions.origin, positions.extremity])
    switched, moved = _switches(environment, played, connected[:-1], elements)
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
        **_places(environment, positions, elements),
        **powers(environment, observed),
        **states(environment, observed, played),
        **moves(environment, played),
        **vectors(environment, played),
        **decisions,
    )


def _curtailed(observed: Observed, environment: Environment) -> np.ndarray:
    """Production that is curtailed after each step (MW), shape ``(T,)``."""
    shares = observed.values("curtailment", environment.n_gen)[1:]
    if not shares.any():  # or an environment that does not know its generators
        return np.zeros(len(shares))
    return np.asarray((shares * environment.gen_pmax).sum(axis=1))


def _places(
    environment: Environment, positions: Positions, elements: np.ndarray
) -> dict[str, np.ndarray]:
    """Names, and what is where."""
    return {
        "lines": np.array(environment.name_line, dtype=str),
        "substations": np.array(environment.name_sub, dtype=str),
        "places": places_of(environment),
        "ends": positions.substation[elements],
        "elements": elements,
        "substation_of": positions.substation,
    }


def _switches(
    environment: Environment, played: Columns, connected: np.ndarray, elements: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lines that the actions close and open (`Recording.switched`), and elements that they move."""
    n_line, dim_topo = environment.n_line, environment.dim_topo
    switched = played.values(SET_STATUS, n_line).astype(np.int8)
    changed = played.values(CHANGE_STATUS, n_line) != 0
    switched = np.where(changed, np.where(connected, -1, 1), switched).astype(np.int8)
    set_bus = played.values(SET_BUS, dim_topo)
    switched[(set_bus[:, elements] < 0).any(axis=2)] = -1
    return switched, (set_bus > 0) | (played.values(CHANGE_BUS, dim_topo) != 0)


def end_of(recording: Recording) -> str:
    """How an episode that ended early came to its end, in words."""
    names, last = recording.lines, len(recording) - 1
    parts = []
    steps = np.flatnonzero(recording.attacked.any(axis=1))
    if len(steps) and last - steps[-1] < END_STEPS:
        line = int(np.argmax(recording.attacked[steps[-1]]))
        free = np.flatnonzero(~recording.attacked[: steps[-1], line])
        begin = free[-1] + 1 if len(free) else 0
        parts.append(f"{count(int(last - begin), 'step')} after the attack on {names[line]} began")
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
