"""Starting an episode on grid2op, and telling how one ended."""

from __future__ import annotations

from typing import Any


def start_episode(environment: Any, scenario: str | int, seed: int) -> Any:
    """The first observation of a scenario; the seed fixes opponent and environment."""
    environment.seed(seed)
    environment.set_id(scenario)
    return environment.reset()


def is_blackout(observation: Any) -> bool:
    """Whether a last observation is that of a game over (grid2op then shows every line out)."""
    return not bool(observation.line_status.any())
