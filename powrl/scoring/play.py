"""Playing a contest on several processes."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joblib import Parallel, delayed

from ..files import refusing_unwritable, write_whole
from .contest import Contest, Contestant
from .official import compute_references, copy_environment, score_contestant
from .results import EpisodeScore


def count_tasks(contest: Contest) -> int:
    """How often `play_contest` calls `advance`."""
    return len(contest.seeds) * (1 + len(contest.contestants))


def play_contest(
    contest: Contest,
    jobs: int,
    advance: Callable[[], None],
    log_folder: Path | None = None,
) -> list[EpisodeScore]:
    """Score all contestants on all scenarios with all seeds.

    Parameters
    ----------
    jobs:
        Number of processes; the scores do not depend on it.
    advance:
        Called as each of `count_tasks` tasks ends.
    log_folder:
        Where to write the decisions of the agents: ``decisions-<agent>.jsonl``.

    Returns
    -------
    list of EpisodeScore
        In the order of contestants, seeds and scenarios.

    Raises
    ------
    PowrlError
        The temporary folder cannot be written.
    """
    with TemporaryDirectory(prefix="powrl-score-") as temporary:
        private = Path(temporary)
        with refusing_unwritable(private):
            folders = {
                seed: copy_environment(contest, private / f"seed-{seed}") for seed in contest.seeds
            }
        references = [
            delayed(compute_references)(contest, folder, seed) for seed, folder in folders.items()
        ]
        with refusing_unwritable(private):
            _run(jobs, references, advance)
        logged = [each for each in contest.contestants if log_folder and each.has_decisions]
        scorings = [
            delayed(score_contestant)(
                contest,
                folder,
                seed,
                contestant,
                _log_part(folder, contestant) if contestant in logged else None,
            )
            for contestant in contest.contestants
            for seed, folder in folders.items()
        ]
        with refusing_unwritable(private):
            found = [episode for part in _run(jobs, scorings, advance) for episode in part]
        if log_folder:
            for contestant in logged:
                parts = [_log_part(folder, contestant) for folder in folders.values()]
                _join(parts, log_folder / f"decisions-{_file_name(contestant)}.jsonl")
    order = [contestant.name for contestant in contest.contestants]
    return sorted(found, key=lambda each: (order.index(each.agent), each.seed, each.scenario))


def _run(jobs: int, tasks: list[Any], advance: Callable[[], None]) -> list[Any]:
    """Results as they came; on an error or Ctrl-C the workers are stopped before it is raised."""
    results = []
    parallel = Parallel(
        n_jobs=jobs,
        return_as="generator_unordered",
        # each worker imports grid2op anew, which warns of what the user has been warned of once
        initializer=warnings.simplefilter,
        initargs=("ignore",),
    )
    with closing(parallel(tasks)) as coming:
        for result in coming:
            results.append(result)
            advance()
    return results


def _file_name(contestant: Contestant) -> str:
    return contestant.name.replace("/", "-")


def _log_part(folder: Path, contestant: Contestant) -> Path:
    return folder.parent / f"decisions-{_file_name(contestant)}.jsonl"


def _join(parts: list[Path], target: Path) -> None:
    def write(file: Any) -> None:
        for part in parts:
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, file)

    write_whole(target, write)
