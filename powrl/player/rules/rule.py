"""The one shape of all rules of the overload manager."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from .decision import Decision
from .setting import RuleSettings
from .situation import Situation


class Phase(Enum):
    """In which steps a rule is asked.

    CALM: no line is at ``critical_rho`` or above. OVERLOAD: some line is. ALWAYS: in both.
    WARNING: after all others, to tell the operators; it leaves the grid alone.

    Examples
    --------
    >>> class Caution(Rule):
    ...     phase = Phase.OVERLOAD
    """

    CALM = "calm"
    OVERLOAD = "overload"
    ALWAYS = "always"
    WARNING = "warning"


@dataclass(frozen=True)
class Unavailable:
    """Why a rule cannot be had on a grid; the log says so, and the other rules go on.

    Attributes
    ----------
    reason:
        The end of a sentence that begins with the name of the rule.

    Examples
    --------
    >>> class Caution(Rule):
    ...     @classmethod
    ...     def create(cls, grid, simulator, settings):
    ...         if grid.n_sub < 10:
    ...             return Unavailable("the grid is too small")
    ...         return cls(grid, simulator, settings)
    """

    reason: str


class Rule(ABC):
    """One thing that the overload manager can do.

    The manager asks its rules in order, each with the decision so far. A rule returns that
    decision, or another one. What it remembers from step to step is a part of the episode's memory
    (`EpisodeMemory.part`), so that it starts anew with each episode.

    Attributes
    ----------
    name:
        Name of the rule in reasons, logs and reports.
    phase:
        Steps in which the rule is asked.
    Settings:
        Its settings, a subclass of `RuleSettings`.
    needs_batches:
        Whether the rule cannot be had where candidates are not evaluated in batches
        (`Simulator.batch`).

    Examples
    --------
    A rule that waits when a forecast is missing, in a file ``my_rules.py``, which a configuration
    names as ``overload: {"my_rules:Caution": {}}``:

    >>> class Caution(Rule):
    ...     name = "caution"
    ...     phase = Phase.OVERLOAD
    ...
    ...     def apply(self, situation, decision):
    ...         return decision if situation.state is not None else situation.nothing
    """

    name: ClassVar[str]
    phase: ClassVar[Phase]
    Settings: ClassVar[type[RuleSettings]] = RuleSettings
    needs_batches: ClassVar[bool] = False

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        self.grid = grid
        self.simulator = simulator
        self.settings: Any = settings

    @classmethod
    def is_on(cls, settings: RuleSettings) -> bool:
        """Whether the settings ask for the rule; those of several rules may do so for some.

        Parameters
        ----------
        settings:
            An instance of the rule's `Settings`.
        """
        return settings.is_on

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule on a grid, or why it cannot be had there.

        Parameters
        ----------
        grid:
            What is played on.
        simulator:
            Evaluates actions.
        settings:
            An instance of the rule's `Settings`.

        Raises
        ------
        PowrlError
            The settings do not fit the grid.
        """
        if cls.needs_batches and simulator.batch is None:
            return Unavailable("candidates are not evaluated in batches")
        return cls(grid, simulator, settings)

    @abstractmethod
    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision after this rule: `decision` itself, or another one.

        Parameters
        ----------
        situation:
            The step, with what was simulated in it so far.
        decision:
            The decision of the rules before; at first, to do nothing.
        """
