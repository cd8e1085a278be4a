"""A small run folder, for tests: two scenarios, three agents; the first loses the second one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from powrl.scoring.contest import PlannedEpisode
from powrl.scoring.recording import Recording
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run_folder import recording_file
from tests.scoring.recordings import a_recording

STEPS, MAX_STEPS, LOST_AT = 40, 40, 25
ATTACK, ACTION, OVERLOAD = 10, 14, 20


def an_eventful_recording(steps: int = STEPS, **changes: Any) -> Recording:
    """Attack on a line at `ATTACK`, action with candidates at `ACTION`, overload at `OVERLOAD`."""
    rho = np.full((steps + 1, 3), 50, dtype=np.uint8)
    rho[OVERLOAD:, 1] = 130
    topology = np.ones((steps + 1, 6), dtype=np.int8)
    topology[ATTACK + 1 : ATTACK + 4, [0, 2]] = -1
    topology[ACTION + 1 :, 0] = 2
    attacked = np.zeros((steps, 3), dtype=bool)
    attacked[ATTACK : ATTACK + 3, 0] = True
    used = np.zeros((steps, 3), dtype=bool)
    used[ACTION, 0] = True
    reasons = ["nothing: do nothing"] * steps
    reasons[ACTION] = "remedy: split <b>x</b>"
    dispatched = np.zeros((steps + 1, 2), dtype=np.int16)
    dispatched[ACTION + 1 :, 1] = 35
    flows = np.full((steps + 1, 3), 12, dtype=np.int16)
    flows[:, 2] = -7
    whys = [""] * steps
    whys[ACTION] = "of 3 simulated actions it leaves the least overload"
    parts = {
        "rho": rho,
        "topology": topology,
        "attacked": attacked,
        "used": used,
        "reasons": np.array(reasons),
        "flows": flows,
        "dispatched": dispatched,
        "curtailed_powers": np.zeros((steps + 1, 2), dtype=np.int16),
        "storage_powers": np.zeros((steps + 1, 1), dtype=np.int16),
        "generators": np.array(["gen_0", "gen_1"]),
        "storages": np.array(["battery"]),
        "generators_at": np.array([0, 1], dtype=np.int32),
        "storages_at": np.array([2], dtype=np.int32),
        "moves": np.array([[ACTION, 0, 1], [ACTION, 1, 0]], dtype=np.int32),
        "moves_mw": np.array([3.5, -2.0], dtype=np.float32),
        "whys": np.array(whys),
        "labels": np.array(["do nothing", "split <b>x</b>", "split y"]),
        "candidate_steps": np.full(3, ACTION, dtype=np.int32),
        "candidate_labels": np.arange(3, dtype=np.int32),
        "candidate_loads": np.array([1304, 912, 65535], dtype=np.uint16),
        "candidate_states": np.array([0, 0, 1], dtype=np.uint8),
        "candidate_chosen": np.array([False, True, False]),
    }
    return a_recording(steps, **{**parts, **changes})


def a_run(folder: Path) -> Path:
    """The run folder; the agent ``mine`` loses ``march``, and ``DoNothing`` is an old recording."""
    rows = []
    for scenario in ("april", "march"):
        for agent in ("DoNothing", "mine", "other"):
            steps = LOST_AT if (scenario, agent) == ("march", "mine") else STEPS
            score = EpisodeScore(agent, scenario, 0, 12.5, steps, MAX_STEPS, 0.001, 0.01)
            rows.append(json.dumps(asdict(score)))
            recording = a_recording(steps) if agent == "DoNothing" else an_eventful_recording(steps)
            path = folder / "episodes" / recording_file(agent, PlannedEpisode(scenario, 0))
            recording.save(path)
    (folder / "episodes.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
