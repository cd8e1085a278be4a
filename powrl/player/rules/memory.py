"""What rules remember of an episode: one place, emptied where another episode begins."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from ..grid.observation import Observation

Remembered = TypeVar("Remembered")


class EpisodeMemory:
    """The memories of all rules, each under its own class.

    Examples
    --------
    >>> class Count:
    ...     steps = 0
    >>> memory = EpisodeMemory()
    >>> memory.part(Count).steps += 1
    >>> memory.part(Count).steps
    1
    """

    def __init__(self) -> None:
        self._parts: dict[type, Any] = {}
        self._last_step = -1

    def part(self, kind: type[Remembered]) -> Remembered:
        """The memory of a class, made without arguments where the episode has none yet."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        remembered: Remembered = self._parts[kind]
        return remembered

    def copy(self) -> EpisodeMemory:
        """An independent memory, for a branch of the episode."""
        return copy.deepcopy(self)

    def goes_on_at(self, observation: Observation) -> bool:
        """Whether an observation is a later step of the same episode; to be asked once a step.

        Whoever plays an agent may leave out ``BaseAgent.reset``.
        """
        step = int(observation.current_step)
        goes_on = step > self._last_step
        self._last_step = step
        return goes_on
