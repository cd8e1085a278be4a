"""Playing one episode on grid2op: the loop that reduction and validation share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Episode:
    """How an episode went.

    Attributes
    ----------
    scenario:
        Name of its scenario (chronics folder).
    seed:
        The seed of the environment.
    steps, max_steps:
        Steps survived, and steps of the whole scenario.
    """

    scenario: str
    seed: int
    steps: int
    max_steps: int

    @property
    def survival(self) -> float:
        """Share of the scenario's steps survived."""
        return self.steps / self.max_steps


def start_episode(environment: Any, scenario: str | int, seed: int) -> Any:
    """The first observation of a scenario; the seed fixes opponent and environment."""
    environment.seed(seed)
    environment.set_id(scenario)
    return environment.reset()


def is_blackout(observation: Any) -> bool:
    """Whether a last observation is that of a game over (grid2op then shows every line out)."""
    return not bool(observation.line_status.any())


def play_episode(environment: Any, scenario: str, seed: int, act: Callable[[Any], Any]) -> Episode:
    """Play a scenario to its end or to game over with `act`: observation -> action."""
    observation = start_episode(environment, scenario, seed)
    done = False
    while not done:
        observation, _, done, _ = environment.step(act(observation))
    return Episode(
        scenario, seed, int(environment.nb_time_step), int(environment.max_episode_duration())
    )
