"""Starting an episode on grid2op, and telling how one ended."""

from __future__ import annotations

from typing import Any

from ..player.grid.grid2op_objects import Environment
from ..player.grid.observation import Observation


def start_episode(environment: Environment, scenario: str | int, seed: int) -> Any:
    """The first observation of a scenario; the seed fixes opponent and environment."""
    environment.seed(seed)
    environment.set_id(scenario)
    return environment.reset()


def numbered_seed(seed: int, scenario: int) -> int:
    """Seed of an episode, from the number of the seed and that of the scenario in its folder.

    It does not depend on which other scenarios are played.
    """
    return 1000 * seed + scenario


def is_game_over(observation: Observation) -> bool:
    """Whether a last observation is that of a game over (grid2op then shows every line out)."""
    return not bool(observation.line_status.any())
