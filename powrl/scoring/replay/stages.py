"""What an episode is played on again: grid2op, or the episode stepper in its place."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from grid2op.Action import BaseAction
from grid2op.Environment import Environment

from ...engines.fast.engine import exact_episode
from ...engines.fast.episode import FastEpisode
from ...errors import PowrlError
from ...player.actions.grid_action import GridAction


class Stage(Protocol):
    """An episode that is played step by step.

    Attributes
    ----------
    engine:
        ``"stepper"`` or ``"grid2op"``.
    observation:
        The present one; the last one before a game over, on the stepper.
    done, game_over:
        Whether it is over, and whether by a game over.
    attacked:
        Lines under attack in the last step, shape ``(n_line,)``, bool.
    """

    engine: str
    observation: Any
    done: bool
    game_over: bool
    attacked: np.ndarray

    def step(self, action: BaseAction) -> None:
        """Play an action.

        Raises
        ------
        NotSupportedError
            The stepper cannot play it.
        """
        ...


class Grid2opStage:
    """grid2op itself.

    Parameters
    ----------
    environment:
        It was just reset.
    first:
        Its first observation.
    """

    engine = "grid2op"

    def __init__(self, environment: Environment, first: Any) -> None:
        self._environment = environment
        self.observation, self.done, self.game_over = first, False, False
        self.attacked = np.zeros(environment.n_line, dtype=bool)

    def step(self, action: BaseAction) -> None:
        """See `Stage.step`."""
        observation, _, self.done, info = self._environment.step(action)
        attacked = info["opponent_attack_line"]
        self.attacked = np.zeros_like(self.attacked) if attacked is None else attacked
        self.game_over = self.done and not observation.line_status.any()
        self.observation = observation


class SteppedStage:
    """The episode stepper.

    Parameters
    ----------
    environment, first:
        As of `Grid2opStage`.

    Raises
    ------
    PowrlError
        The environment has something that only grid2op can play.
    """

    engine = "stepper"

    def __init__(self, environment: Environment, first: Any) -> None:
        self._episode: FastEpisode = exact_episode(environment, first)
        self.observation, self.done, self.game_over = self._episode.observation, False, False
        self.attacked = np.zeros(environment.n_line, dtype=bool)

    def step(self, action: BaseAction) -> None:
        """See `Stage.step`."""
        self.observation = self._episode.step(GridAction.from_grid2op(action))
        self.done, self.game_over = self._episode.done, self._episode.game_over
        self.attacked = np.zeros_like(self.attacked)
        self.attacked[list(self._episode.attacked)] = True


def stepper_refusal(environment: Environment, actions: list[BaseAction]) -> str:
    """Why the stepper cannot play an episode with these actions; empty: it can.

    Parameters
    ----------
    environment:
        It was just reset.
    """
    try:
        exact_episode(environment, environment.get_obs())
        for action in actions:
            GridAction.from_grid2op(action)
    except PowrlError as refusal:
        return str(refusal)
    return ""
