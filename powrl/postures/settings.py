"""What postures are learned from: all that has to be the same for the same agent."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from ..configuration.section import Section
from ..parallel.folders import Folder, Places, relocated_path

FIRST_STEP = 12
"""Nothing is looked at before: forecasts that learn have seen some steps by then."""


class PostureSettings(Section):
    """Settings of ``powrl posture``.

    Attributes
    ----------
    agent:
        Folder of the agent that learns.
    data:
        Environment folder with the scenarios.
    scenarios:
        Regular expression of those to play.
    seed:
        Fixes at which steps attacks come, and which states are looked at.
    max_steps:
        Steps of each scenario that are played at most, more than 12 (0: all).
    attack_every:
        Days from one attack on copies to the next; 0: none is played, and what attacks come to is
        what the agent's own `attack_values` say.
    states:
        Steps drawn of each scenario; all postures are looked at in those that are calm.
    postures:
        How many are chosen, of one split each.
    additions:
        How many splits are chosen that may be held on top of a posture; 0: none are looked at.
    """

    agent: str
    data: str
    scenarios: str = ".*"
    seed: int = Field(0, ge=0, lt=2**31)
    max_steps: int = Field(0, ge=0)
    attack_every: int = Field(1, ge=0)
    states: int = Field(10, gt=0, le=1_000_000)
    postures: int = Field(12, gt=0)
    additions: int = Field(0, ge=0)

    @field_validator("max_steps")
    @classmethod
    def _long_enough(cls, steps: int) -> int:
        if 0 < steps <= FIRST_STEP:
            raise ValueError(f"more than {FIRST_STEP}, or 0: all steps")
        return steps

    @field_validator("agent", "data")
    @classmethod
    def _known_from_anywhere(cls, path: str) -> str:
        return str(Path(path).resolve())

    def folders(self) -> list[Folder]:
        """The folders that a machine needs to play the scenarios."""
        return [Folder(Path(self.agent)), Folder(Path(self.data))]

    def relocated(self, places: Places) -> PostureSettings:
        """The same settings with `folders` in other places.

        Parameters
        ----------
        places:
            Where the folders are.
        """
        moved = {key: str(relocated_path(getattr(self, key), places)) for key in ("agent", "data")}
        return self.model_copy(update=moved)
