"""Recordings packed for a page: few bytes, which a browser unpacks."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...grid_map.snapshot import ATTACK, CONNECTED, MAINTENANCE, OTHER, PROTECTION
from ..recording import Recording
from ..results import EpisodeScore

_COMPRESSION = 6


class Packer:
    """Collects arrays behind each other, and says where each is.

    Attributes
    ----------
    content:
        The arrays so far.
    """

    def __init__(self) -> None:
        self.content = bytearray()

    def add(self, values: np.ndarray, kind: str) -> list[Any]:
        """Append an array; what comes back finds it: kind, first byte, shape.

        Parameters
        ----------
        kind:
            Numpy's name of a type with the same name in a browser: ``uint8`` for ``Uint8Array``.
        """
        array = np.ascontiguousarray(values, dtype=kind)
        first = len(self.content)
        self.content += array.astype(array.dtype.newbyteorder("<")).tobytes()
        return [kind, first, *array.shape]

    def add_differences(self, values: np.ndarray, kind: str) -> list[Any]:
        """Append the columns of ``(T, n)`` as differences in time, shape ``(n, T)``."""
        columns = np.ascontiguousarray(values.T)
        return self.add(np.diff(columns, axis=1, prepend=columns.dtype.type(0)), kind)

    def packed(self, header: Mapping[str, Any]) -> str:
        """Header and arrays, compressed, as letters (base64)."""
        text = json.dumps(header, separators=(",", ":")).encode()
        whole = len(text).to_bytes(4, "little") + text + bytes(self.content)
        return base64.b64encode(gzip.compress(whole, _COMPRESSION, mtime=0)).decode("ascii")


def pack_episode(played: Sequence[tuple[EpisodeScore, Recording]]) -> str:
    """The recordings of all agents in one episode, as letters.

    The page's ``data.js`` reads it; `_packed_agent` has the content.
    """
    packer = Packer()
    agents = [_packed_agent(packer, score, recording) for score, recording in played]
    return packer.packed({"agents": agents})


def _packed_agent(packer: Packer, score: EpisodeScore, recording: Recording) -> dict[str, Any]:
    steps = len(recording)
    reasons, reason_at = _numbered(recording.reasons)
    whys, why_at = _numbered(recording.whys)
    body = {
        "name": score.agent,
        "steps": steps,
        "maxSteps": score.max_steps,
        "reasons": reasons,
        "reasonAt": packer.add(reason_at, "uint16"),
        "whys": whys,
        "whyAt": packer.add(why_at, "uint16"),
        "loads": packer.add_differences(recording.rho[:steps], "uint8"),
        "topology": _changes(packer, recording.topology[:steps], 1),
        "causes": _changes(packer, causes_of(recording), CONNECTED),
        "attacked": _runs(packer, recording.attacked),
        "maintained": _runs(packer, recording.maintained),
        "tripped": packer.add(np.argwhere(recording.tripped), "uint16"),
        "switched": packer.add(_with_values(recording.switched), "int16"),
        "used": packer.add(np.argwhere(recording.used), "uint16"),
    }
    return {**body, **_packed_decisions(packer, recording), **_packed_powers(packer, recording)}


def _packed_decisions(packer: Packer, recording: Recording) -> dict[str, Any]:
    return {
        "labels": recording.labels.tolist(),
        "candidateSteps": packer.add(recording.candidate_steps, "uint16"),
        "candidateLabels": packer.add(recording.candidate_labels, "uint32"),
        "candidateLoads": packer.add(recording.candidate_loads, "uint16"),
        "candidateStates": packer.add(recording.candidate_states, "uint8"),
        "candidateChosen": packer.add(recording.candidate_chosen, "uint8"),
    }


def _packed_powers(packer: Packer, recording: Recording) -> dict[str, Any]:
    """Flows, and generators and storage units that differ from the time series at some time."""
    if not recording.is_complete:
        return {"complete": False}
    steps = len(recording)
    body: dict[str, Any] = {
        "complete": True,
        "flows": packer.add_differences(recording.flows[:steps], "int16"),
        "moves": packer.add(recording.moves, "uint16"),
        "movesMw": packer.add(recording.moves_mw, "float32"),
    }
    for name in ("dispatched", "curtailed_powers", "storage_powers"):
        powers = getattr(recording, name)[:steps]
        active = np.flatnonzero(powers.any(axis=0))
        body[f"{name}Numbers"] = active.tolist()
        body[name] = packer.add_differences(powers[:, active], "int16")
    return body


def causes_of(recording: Recording) -> np.ndarray:
    """Why each line is out in each step (`powrl.grid_map.snapshot`), shape ``(T, n_line)``, int8.

    A line that nobody attacks or maintains is out by what opened it.
    """
    steps = len(recording)
    out: np.ndarray = np.any(recording.topology[:steps][:, recording.elements] <= 0, axis=2)
    causes = np.where(out, OTHER, CONNECTED).astype(np.int8)
    for step, line in np.argwhere(recording.tripped[: steps - 1]).tolist():
        back = np.flatnonzero(~out[step + 1 :, line])
        end = step + 1 + (int(back[0]) if len(back) else steps)
        causes[step + 1 : end, line] = PROTECTION
    attacked = recording.attacked.copy()
    attacked[1:] |= recording.attacked[:-1]
    causes[out & recording.maintained] = MAINTENANCE
    causes[out & attacked] = ATTACK
    return causes


def _changes(packer: Packer, values: np.ndarray, first: int) -> list[Any]:
    """Step, number and new value of all that changes, from all `first` on."""
    before = np.vstack([np.full_like(values[:1], first), values[:-1]])
    places = np.argwhere(values - before)
    changed = values[places[:, 0], places[:, 1]]
    return packer.add(np.column_stack([places, changed]), "int16")


def _with_values(values: np.ndarray) -> np.ndarray:
    places = np.argwhere(values)
    return np.column_stack([places, values[places[:, 0], places[:, 1]]])


def _runs(packer: Packer, happens: np.ndarray) -> list[Any]:
    """Number, first step and end (exclusive) of each time in which something goes on."""
    columns = happens.T.astype(np.int8)
    edges = np.diff(columns, axis=1, prepend=0, append=0)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return packer.add(np.column_stack([starts, ends[:, 1]]), "uint16")


def _numbered(texts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Different texts, and the number of each text among them."""
    different, numbers = np.unique(texts, return_inverse=True)
    return different.tolist(), numbers
