"""The base of all contestants, and what one is when it is ready to play."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ...environments.opening import Scenarios
from ...parallel.folders import Folder, Places, relocated_path
from ...player.grid.grid2op_objects import Environment

if TYPE_CHECKING:
    from grid2op.Agent import BaseAgent

AgentMaker: TypeAlias = "Callable[[Environment], BaseAgent]"
"""Environment that is played -> the grid2op agent for it."""


@dataclass(frozen=True)
class ReadyContestant:
    """A contestant that is ready to play.

    Attributes
    ----------
    make:
        Makes the agent for an environment.
    rewards:
        Rewards that a submission asks of the environment, as arguments of ``grid2op.make``.
    """

    make: AgentMaker
    rewards: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant(ABC):
    """An agent that takes part in a contest.

    Attributes
    ----------
    name:
        Its name in tables and files; unique in a contest.
    file:
        Absolute path of the file or folder that it is made from; None for a baseline.
    """

    name: str
    file: Path | None = None

    @property
    def tells_decisions(self) -> bool:
        """Whether the agent has an ``on_decision`` hook."""
        return False

    @property
    def source(self) -> str:
        """The text from which `powrl.scoring.contestants.parsing` makes it again."""
        return str(self.file or self.name)

    @property
    def parts(self) -> tuple[Path, ...]:
        """All files and folders that it is made from; a baseline has none."""
        return () if self.file is None else (self.file,)

    def folders(self) -> list[Folder]:
        """The folders and files that a machine needs to play it."""
        return [Folder(part) for part in self.parts]

    def relocated(self, places: Places) -> Contestant:
        """The same contestant with `folders` in other places."""
        return self if self.file is None else replace(self, file=relocated_path(self.file, places))

    @property
    def environment(self) -> str | None:
        """Name of the environment that it is for, where it says so."""
        return None

    @property
    def is_foreign(self) -> bool:
        """Whether its code is of any origin, and so plays in a process of its own."""
        return False

    def guard(self, _scenario: str | None = None, /) -> AbstractContextManager[None]:
        """Context around each call of its code; the argument names the scenario in errors."""
        return nullcontext()

    @abstractmethod
    def open(
        self, scenarios: Scenarios, private: Path, /
    ) -> AbstractContextManager[ReadyContestant]:
        """Make it ready to play.

        Parameters
        ----------
        scenarios:
            Scenarios that it plays.
        private:
            Path of a folder that does not exist yet, for what it unpacks.

        Raises
        ------
        PowrlError
            The agent is damaged, fails, or is for another grid. Some of it shows only when
            `ReadyContestant.make` is called.
        """
