"""The episodes of the ablation, and the file that keeps them: a line of JSON for each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from powrl.errors import PowrlError
from powrl.files import refusing_unwritable

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
    blackout:
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
    blackout: bool
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
    path = folder / FILE
    with refusing_unwritable(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(episode)) + "\n")


def read(folder: Path) -> list[Episode]:
    """The episodes of a folder, none where it has no file yet.

    Raises
    ------
    PowrlError
        A line is none of an episode, or an episode is there twice.
    """
    path = folder / FILE
    if not path.exists():
        return []
    episodes: dict[tuple[str, str, int], Episode] = {}
    keys = {each.name for each in fields(Episode)}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise PowrlError(f"{path}, line {number}: no JSON; remove the line.") from error
        if not isinstance(row, dict) or set(row) != keys:
            raise PowrlError(f"{path}, line {number}: no episode; remove the line.")
        episode = Episode(**row)
        if episode.key in episodes:
            raise PowrlError(f"{path}, line {number}: an episode is there twice; remove the line.")
        episodes[episode.key] = episode
    return list(episodes.values())
