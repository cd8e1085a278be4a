"""The episodes of the ablation, and the file that keeps them: a line of JSON for each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from powrl.player.errors import PowrlError
from powrl.storage.record_file import append_record, read_records

FILE = "episodes.jsonl"


@dataclass(frozen=True)
class Episode:
    """How one episode went: a line of the file.

    Attributes
    ----------
    variant, group, settings, revision:
        Who played.
    scenario, seed:
        What was played.
    steps, max_steps:
        Steps survived, and steps of the scenario (or as many as were asked for).
    game_over:
        Whether it ended with a game over.
    last_attacked:
        The line of the opponent's last attack.
    ms_mean, ms_max:
        Time of the agent's ``act``.
    acted:
        Share of the steps with an action other than nothing.
    """

    variant: str
    group: str
    settings: dict[str, Any]
    revision: str
    scenario: str
    seed: int
    steps: int
    max_steps: int
    game_over: bool
    last_attacked: str | None
    ms_mean: float
    ms_max: float
    acted: float

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from all others."""
        return self.variant, self.scenario, self.seed

    @property
    def survival(self) -> float:
        """Steps survived, %."""
        return 100 * self.steps / self.max_steps


def append(folder: Path, episode: Episode) -> None:
    """Add an episode to the file of a folder.

    Raises
    ------
    PowrlError
        It cannot be written.
    """
    append_record(folder / FILE, asdict(episode))


def read(folder: Path) -> list[Episode]:
    """The episodes of a folder, none where it has no file yet.

    Raises
    ------
    PowrlError
        A line is none of an episode, or an episode is there twice.
    """
    episodes: dict[tuple[str, str, int], Episode] = {}
    for record in read_records(folder / FILE, [each.name for each in fields(Episode)]):
        episode = Episode(**record)
        if episode.key in episodes:
            raise PowrlError(f"{folder / FILE} has {episode.key} twice; remove one of the lines.")
        episodes[episode.key] = episode
    return list(episodes.values())
