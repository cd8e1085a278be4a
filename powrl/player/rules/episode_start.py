"""Where an episode begins, for what keeps something from step to step."""

from __future__ import annotations

from typing import Any


class EpisodeStart:
    """Tells the first step of each episode but the first one, by its number.

    Whoever plays an agent may leave out ``BaseAgent.reset``.
    """

    def __init__(self) -> None:
        self._last_step = -1

    def is_at(self, observation: Any) -> bool:
        """Whether another episode began since the last call; to be called once in each step."""
        step = int(observation.current_step)
        begins = step <= self._last_step
        self._last_step = step
        return begins
