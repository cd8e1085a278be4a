"""The engine that is grid2op itself: any environment, any backend."""

from __future__ import annotations

from typing import Any

from ..environments.episodes import is_game_over, start_episode
from ..environments.opening import scenario_names
from ..player.actions.grid_action import GridAction, require_topology_actions
from ..player.grid.grid2op_objects import Environment
from ..player.grid.observation import Observation
from ..player.lookahead.forecast import ForecastSimulator
from .engine import EngineName


class Grid2opEngine:
    """Plays episodes with grid2op's own `step`; see `powrl.engines.engine`.

    One episode runs at a time: starting another one ends it.
    """

    name: EngineName = "grid2op"

    def __init__(self, environment: Environment) -> None:
        require_topology_actions(environment.action_space)
        self.grid = environment
        self.scenarios = scenario_names(environment)
        self._open = True

    def start(self, scenario: str, seed: int) -> Grid2opEpisode:
        """Start an episode; the seed fixes the opponent and all else that is drawn."""
        return Grid2opEpisode(self.grid, scenario, start_episode(self.grid, scenario, seed))

    def simulator(self) -> ForecastSimulator:
        """Evaluates candidates with ``observation.simulate``."""
        return ForecastSimulator()

    def close(self) -> None:
        """Close the grid2op environment; once more does nothing."""
        if self._open:
            self.grid.close()
        self._open = False


class Grid2opEpisode:
    """A running episode of a grid2op environment; see `powrl.engines.engine.Episode`.

    Attributes
    ----------
    attacked, opened:
        As in `powrl.engines.fast.episode.FastEpisode`.
    """

    def __init__(self, environment: Environment, scenario: str, first: Observation) -> None:
        self._environment = environment
        self.scenario = scenario
        self.observation = first
        self.max_steps = int(environment.max_episode_duration())
        self.steps = int(environment.nb_time_step)
        self.done = self.game_over = False
        self.legal = True
        self.attacked: tuple[int, ...] = ()
        self.opened: tuple[int, ...] = ()

    def step(self, action: GridAction | None = None) -> Any:
        """Play an action (None: do nothing) and return the observation after it."""
        space = self._environment.action_space
        played = space({}) if action is None else action.to_grid2op(space)
        observation, _, self.done, info = self._environment.step(played)
        self.steps = int(self._environment.nb_time_step)
        self.legal = not (info["is_illegal"] or info["is_ambiguous"])
        self.opened = tuple((info["disc_lines"] >= 0).nonzero()[0].tolist())
        attacked = info["opponent_attack_line"]
        self.attacked = () if attacked is None else tuple(attacked.nonzero()[0].tolist())
        self.game_over = self.done and is_game_over(observation)
        if not self.game_over:
            self.observation = observation
        return self.observation
