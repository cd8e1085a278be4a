"""The gymnasium environment: the learner decides on overloads, heuristics act in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from ..actions.action_set import ActionSet
from ..actions.enumeration import unitary_topologies
from ..configuration import Configuration, SplitName, load_configuration
from ..errors import PowrlError
from ..grid.environments import open_environment, scenario_names
from ..grid.episodes import is_blackout, start_episode
from ..grid.layout import GridLayout
from ..overload.manager import OverloadManager
from ..policy.features import Features
from ..simulation.forecast import ForecastSimulator
from .reward import step_reward


class PowRLEnvironment(gymnasium.Env[np.ndarray, np.int64]):
    """Decisions on overloads of a power grid, as a gymnasium environment.

    An episode is a scenario. `reset` and `step` return when some line reaches the critical load,
    or the episode ends; in between the overload manager reconnects lines and recovers the
    reference topology. The reward of a decision is the sum of the rewards of the grid steps until
    the next one, each discounted by `gamma` per step passed.

    - Observation: the chosen groups of `powrl.policy.features`, raw, float32.
    - Action: 0 is do nothing, ``i + 1`` is action ``i`` of the action set; `action_masks` tells
      which are legal. As in a submission, an action is played when its simulation finds it legal
      and no worse than doing nothing.
    - ``reset(seed=...)`` fixes the order of the scenarios, the opponent and all else;
      ``reset(options={"scenario": name})`` plays one scenario.
    - The end of a scenario terminates the episode as a blackout does: it is the goal, not a
      limit of time.
    - ``info``: ``scenario``, ``steps`` (grid steps since the start), ``max_steps``, and after a
      step ``passed``, the grid steps that it took.

    Parameters
    ----------
    configuration:
        A `Configuration`, the path of a YAML file, or the name of a shipped configuration.
    split:
        ``"train"``, ``"validation"`` or ``"test"``.
    data:
        Replaces ``scenarios.data`` of a configuration that is given by path or name.

    Raises
    ------
    PowrlError
        The configuration, its scenarios or its actions cannot be used; or the grid stays calm in
        every scenario, so that there is nothing to decide.

    Examples
    --------
    >>> import gymnasium
    >>> import powrl
    >>> environment = gymnasium.make("powrl/PowRL-v0", configuration="case14")
    >>> observation, info = environment.reset(seed=0)
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self,
        configuration: Configuration | str | Path,
        split: SplitName = "train",
        data: str | None = None,
    ) -> None:
        if not isinstance(configuration, Configuration):
            configuration = load_configuration(configuration, data=data)
        self._grid = open_environment(configuration.scenarios_of(split), cached=True)
        self._scenarios = scenario_names(self._grid)
        self._reward_settings = configuration.reward
        self._gamma = configuration.training.gamma
        self._features = Features(configuration.observation)
        self._manager = OverloadManager(
            self._grid.action_space,
            load_actions(configuration, self._grid),
            ForecastSimulator(),
            configuration.overload,
        )
        self.observation_space = spaces.Box(
            -np.inf, np.inf, (self._features.size(self._grid),), np.float32
        )
        self.action_space = spaces.Discrete(len(self._manager.actions) + 1)
        self._open = True
        self._queue: list[str] = []
        self._scenario = self._scenarios[0]
        self._now: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the next scenario that has something to decide."""
        super().reset(seed=seed)
        if seed is not None:
            self._queue = []
        wanted = (options or {}).get("scenario")
        if wanted is not None and wanted not in self._scenarios:
            raise PowrlError(f"there is no scenario {wanted!r} in this split.")
        for _ in range(1 if wanted else 2 * len(self._scenarios)):
            self._scenario = wanted or self._next_scenario()
            episode_seed = int(self.np_random.integers(2**31))
            self._now = start_episode(self._grid, self._scenario, episode_seed)
            if self._play_calm()[1] is False:
                return self._features(self._now), self._info()
        raise PowrlError(
            f"no line reaches {self._manager.settings.critical_rho} of its limit in "
            f"{wanted or 'any scenario'}: give other scenarios or a lower overload.critical_rho."
        )

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one decision, then the calm steps up to the next one."""
        if not self.action_space.contains(action):
            raise ValueError(f"the action {action!r} is not in {self.action_space}.")
        features, before = self._features(self._now), int(self._grid.nb_time_step)
        reward, done = self._grid_step(self._manager.remedy(self._now, [int(action)]).action)
        if not done:
            later, done = self._play_calm()
            reward += self._gamma * later
        if not is_blackout(self._now):  # after a blackout there is no state to read
            features = self._features(self._now)
        info = self._info()
        return features, reward, done, False, {**info, "passed": info["steps"] - before}

    def action_masks(self) -> np.ndarray:
        """The legal actions now, shape ``(action_space.n,)``, bool (for sb3-contrib)."""
        return self._manager.action_mask(self._now)

    def close(self) -> None:
        """Close the grid2op environment; once more does nothing."""
        if self._open:
            self._grid.close()
        self._open = False

    def _play_calm(self) -> tuple[float, bool]:
        """Let the heuristics act until a decision is due: discounted reward, whether it ended."""
        total, discount = 0.0, 1.0
        while not self._manager.is_overloaded(self._now):
            reward, done = self._grid_step(self._manager.calm_decision(self._now).action)
            total += discount * reward
            discount *= self._gamma
            if done:
                return total, True
        return total, False

    def _grid_step(self, action: Any) -> tuple[float, bool]:
        self._now, _, done, _ = self._grid.step(action)
        blackout = is_blackout(self._now)
        reward = step_reward(self._reward_settings, self._now.rho, blackout, done and not blackout)
        return reward, bool(done)

    def _next_scenario(self) -> str:
        if not self._queue:
            self._queue = [str(name) for name in self.np_random.permutation(self._scenarios)]
        return self._queue.pop()

    def _info(self) -> dict[str, Any]:
        return {
            "scenario": self._scenario,
            "steps": int(self._grid.nb_time_step),
            "max_steps": int(self._grid.max_episode_duration()),
        }


def load_actions(configuration: Configuration, grid: Any) -> ActionSet:
    """The action set of a configuration, checked against the grid."""
    layout = GridLayout.of(grid)
    if configuration.actions == "unitary":
        return unitary_topologies(layout)
    return ActionSet.load(Path(configuration.actions), layout)
