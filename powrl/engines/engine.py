"""What plays episodes and evaluates candidates: grid2op, or the fast stepper in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..player.actions.grid_action import GridAction
from ..player.lookahead.outcome import Simulator

EngineName = Literal["fast", "grid2op"]


class Episode(Protocol):
    """A running episode.

    Attributes
    ----------
    scenario:
        Name of its scenario.
    observation:
        The present one, under grid2op's names; the last one before a game over.
    steps, max_steps:
        Steps played, and steps of the whole scenario.
    done, game_over:
        Whether the episode is over, and whether by a game over.
    legal:
        Whether the last action was played (else doing nothing was).
    attacked:
        The lines under attack in the last step.
    opened:
        Lines opened by protections in the last step.
    """

    observation: Any
    steps: int
    max_steps: int
    done: bool
    game_over: bool
    legal: bool
    attacked: tuple[int, ...]
    opened: tuple[int, ...]

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        ...

    def step(self, action: GridAction | None = None) -> Any:
        """Play an action (None: do nothing) and return the observation after it."""
        ...


class Engine(Protocol):
    """Starts episodes of an environment, and evaluates candidate actions in them.

    Attributes
    ----------
    name:
        ``"fast"`` or ``"grid2op"``.
    grid:
        A grid2op object to read names and numbers from.
    scenarios:
        Names of the scenarios, in the order of their number.
    """

    name: EngineName
    grid: Any
    scenarios: list[str]

    def start(self, scenario: str, seed: int) -> Episode:
        """Start an episode; the seed fixes the opponent and all else that is drawn."""
        ...

    def simulator(self) -> Simulator:
        """Evaluates candidates from the observations of this engine's episodes."""
        ...

    def close(self) -> None:
        """Free what the engine holds; once more does nothing."""
        ...


@dataclass(frozen=True)
class PlayedEpisode:
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


def play_episode(
    engine: Engine, scenario: str, seed: int, act: Callable[[Any], GridAction | None]
) -> PlayedEpisode:
    """Play a scenario to its end or to game over with `act`: observation -> action."""
    episode = engine.start(scenario, seed)
    while not episode.done:
        episode.step(act(episode.observation))
    return PlayedEpisode(scenario, seed, episode.steps, episode.max_steps)
