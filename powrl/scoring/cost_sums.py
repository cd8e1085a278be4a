"""The costs of an episode that grid2op's score class has played, from its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Episode import EpisodeData
from grid2op.utils import EpisodeStatistics

from ..editions.editions import CostUnits
from ..storage.json_file import read_json
from .costs import EpisodeCosts, OperationCosts
from .recording import played_episode

_OPERATION = "grid_operational_cost"
"""grid2op's name of the operation cost in a score of several parts."""


def costs_of(score: Any, played: Path, steps: int) -> EpisodeCosts:
    """The costs of the only episode of a score class.

    Parameters
    ----------
    score:
        The score class, whose references exist.
    played:
        Folder of the agent's episode (`powrl.scoring.recording.played_episode`).
    steps:
        Steps that the agent played.
    """
    episode, _ = played_episode(played)
    rewards = read_json(episode / EpisodeData.OTHER_REWARDS_FILE, "score anew")
    key, statistic = EpisodeStatistics.KEY_SCORE, EpisodeStatistics.SCORES
    if key not in rewards[0]:
        key, statistic = f"{key}_{_OPERATION}", f"{_OPERATION}_{EpisodeStatistics.SCORES_CLEAN}"
    agent = np.array([reward[key] for reward in rewards], dtype=np.float32)
    idle, _ = score.stat_dn.get(statistic)
    reference, _ = score.stat_no_overflow_rp.get(statistic)
    loads, _ = score.stat_no_overflow_rp.get("load_p")
    supplied = loads.sum(axis=1)[1:]
    price = np.max(score.env.gen_cost_per_MW).astype(np.float32)
    hours = np.float32(score.env.delta_time_seconds / 3600.0)

    def operation(per: np.float32) -> OperationCosts:
        # the class leaves out the last step of each run: that of a blackout, as a rule
        sums = (agent[:-1], idle[:-1], reference[:-1], reference[:-1][: steps - 1])
        return OperationCosts(*(float((costs / per).sum()) for costs in sums))

    return EpisodeCosts(
        operation={
            CostUnits.NOW.value: operation(np.float32(1.0)),
            CostUnits.YEAR_2020.value: operation(hours),
        },
        blackout=float(supplied[steps:].sum() * price),
        idle_blackout=float(supplied[len(idle) :].sum() * price),
        total_blackout=float(supplied.sum() * price),
        storage=bool(score.env.n_storage),
    )
