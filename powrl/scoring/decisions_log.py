"""The log of decisions: a file for each episode while it is played, in the end one per agent."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..player.files import write_bytes_whole, write_whole
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .run_folder import file_name

LOG_PARTS = "decisions"
"""Folder of the decisions of each episode, until all are there."""


def log_file(contestant: Contestant) -> str:
    """Name of the file with all decisions of a contestant."""
    return f"decisions-{file_name(contestant.name)}.jsonl"


def add_log_part(
    log_folder: Path, contestant: Contestant, episode: PlannedEpisode, decisions: bytes
) -> None:
    """Keep the decisions of one episode."""
    part = log_part(log_folder, contestant, episode)
    part.parent.mkdir(parents=True, exist_ok=True)
    write_bytes_whole(part, decisions)


def join_log(contest: Contest, log_folder: Path) -> None:
    """Make one file of the decisions of each agent, unless a run that was stopped has done so."""
    parts, joined = log_folder / LOG_PARTS, log_folder / f"{LOG_PARTS}-joined"
    shutil.rmtree(joined, ignore_errors=True)  # what a kill left of the removal below
    if not parts.exists():
        return
    for contestant in contest.contestants:
        if contestant.tells_decisions:
            _join(
                [log_part(log_folder, contestant, episode) for episode in contest.episodes],
                log_folder / log_file(contestant),
            )
    # renamed first: of parts that are half removed, a resumed run could join none
    parts.rename(joined)
    shutil.rmtree(joined)


def log_part(log_folder: Path, contestant: Contestant, episode: PlannedEpisode) -> Path:
    """The file of the decisions of one episode, until all are there."""
    name = f"{file_name(episode.scenario)}-{episode.seed}.jsonl"
    return log_folder / LOG_PARTS / file_name(contestant.name) / name


def _join(parts: Sequence[Path], target: Path) -> None:
    def write(file: IO[bytes]) -> None:
        for part in parts:
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, file)

    write_whole(target, write)
