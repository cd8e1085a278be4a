"""What two runs of the same contest have to share, to the last digit."""

from __future__ import annotations

import json
from typing import Any

from powrl.scoring.scoring_result import ScoringResult

TIMES = ("seconds_per_decision", "slowest_decision", "ms_per_decision", "slowest_ms")


def numbers(result: ScoringResult) -> dict[str, Any]:
    """Everything in ``scores.json`` but times and the command."""
    document: dict[str, Any] = json.loads(json.dumps(result.to_json()))
    for row in (*document["agents"], *document["episodes"]):
        for time in TIMES:
            row.pop(time, None)
    del document["command"]
    return document
