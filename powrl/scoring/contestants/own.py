"""Contestants that powrl and grid2op bring: agent folders, the greedy search and the baselines."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...environments.opening import Scenarios
from ...errors import PowrlError
from ...player.actions.action_set import ActionSet
from ...player.agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from ...player.grid.grid2op_objects import Environment
from ...player.grid.layout import GridLayout
from ...player.rules.settings import GREEDY_SEARCH
from .base import Contestant, ReadyContestant
from .variants import POLICY, Overrides, variant_text, with_overrides

if TYPE_CHECKING:
    from grid2op.Agent import BaseAgent

    from ...player.agent import PowRLAgent

BASELINES = ("DoNothing", "RecoPowerline")
"""grid2op's own agents, which play in every contest."""

GREEDY_PREFIX = "greedy:"


@dataclass(frozen=True)
class OwnContestant(Contestant):
    """A contestant that needs the environment alone."""

    @abstractmethod
    def make(self, environment: Environment) -> BaseAgent:
        """The grid2op agent for an environment."""

    def open(
        self, _scenarios: Scenarios, _private: Path, /
    ) -> AbstractContextManager[ReadyContestant]:
        """See `Contestant.open`."""
        return nullcontext(ReadyContestant(self.make))


@dataclass(frozen=True)
class Baseline(OwnContestant):
    """One of `BASELINES`, by its name."""

    def make(self, environment: Environment) -> BaseAgent:
        """See `OwnContestant.make`."""
        from grid2op.Agent import DoNothingAgent

        from ..reconnecting_agent import ReconnectingAgent

        make = DoNothingAgent if self.name == "DoNothing" else ReconnectingAgent
        return make(environment.action_space)


@dataclass(frozen=True)
class PowrlContestant(OwnContestant):
    """An agent of powrl, as it is or with changed settings.

    Attributes
    ----------
    overrides:
        Setting -> value in its place (`powrl.scoring.contestants.variants`).
    """

    overrides: Overrides = field(default_factory=dict, hash=False)

    @property
    def tells_decisions(self) -> bool:
        """Whether the agent has an ``on_decision`` hook; all agents of powrl do."""
        return True

    @property
    def path(self) -> Path:
        """The file or folder of the agent."""
        assert self.file is not None
        return self.file

    @property
    def source(self) -> str:
        """The file and the changed settings."""
        return f"{self.file}{variant_text(self.overrides)}"


@dataclass(frozen=True)
class AgentFolder(PowrlContestant):
    """An agent folder of powrl."""

    @property
    def environment(self) -> str:
        """The environment that its settings name."""
        return AgentSettings.load(self.path).environment

    @property
    def plays_with_policy(self) -> bool:
        """Whether it has a policy, which its changed settings do not leave out."""
        return POLICY not in self.overrides and bool(AgentSettings.load(self.path).observation)

    @property
    def is_foreign(self) -> bool:
        """Whether it has plug-ins, which are code of any origin."""
        settings = with_overrides(AgentSettings.load(self.path), self.overrides)
        return bool(settings.plugins())

    def make(self, environment: Environment) -> PowRLAgent:
        """See `OwnContestant.make`."""
        from ...player.agent import PowRLAgent
        from ...player.lookahead.make_simulator import choose_simulator

        folder = self.path
        stored = AgentSettings.load(folder)
        policy = load_policy(folder, stored)
        settings = with_overrides(stored, self.overrides)
        return PowRLAgent(
            environment.action_space,
            settings,
            ActionSet.load(folder / ACTIONS_FILE, GridLayout.from_grid2op(environment)),
            policy if settings.observation else None,
            choose_simulator(environment),
        )


@dataclass(frozen=True)
class GreedySearch(PowrlContestant):
    """A plain greedy search over an action file (`powrl.player.rules.settings.GREEDY_SEARCH`)."""

    @property
    def source(self) -> str:
        """``greedy:``, the file and the changed settings."""
        return f"{GREEDY_PREFIX}{super().source}"

    def make(self, environment: Environment) -> PowRLAgent:
        """See `OwnContestant.make`."""
        from ...player.agent import PowRLAgent
        from ...player.lookahead.make_simulator import choose_simulator

        plain = AgentSettings(environment.name, (), GREEDY_SEARCH)
        return PowRLAgent(
            environment.action_space,
            with_overrides(plain, self.overrides),
            ActionSet.load(self.path, GridLayout.from_grid2op(environment)),
            None,
            choose_simulator(environment),
        )


def require_action_file(path: Path) -> Path:
    """The absolute path of an action file.

    Raises
    ------
    PowrlError
        The file does not exist.
    """
    if not path.is_file():
        raise PowrlError(f"there is no action file {path.resolve()}; make one: powrl reduce.")
    return path.resolve()
