"""What two runs of the same contest have to share, to the last digit."""

from __future__ import annotations

import json
from typing import Any

from powrl.scoring.run_folder import RunFolder
from powrl.scoring.scoring_result import ScoringResult

TIMES = ("seconds_per_decision", "slowest_decision", "ms_per_decision", "slowest_ms")


def numbers(result: ScoringResult) -> dict[str, Any]:
    """Everything in ``scores.json`` but times and the command."""
    return _numbers(json.loads(json.dumps(result.to_json())))


def numbers_of(files: RunFolder) -> dict[str, Any]:
    """`numbers` of a finished run."""
    return _numbers(files.document())


def _numbers(document: dict[str, Any]) -> dict[str, Any]:
    for row in (*document["agents"], *document["episodes"]):
        for time in TIMES:
            row.pop(time, None)
    del document["command"]
    return document
