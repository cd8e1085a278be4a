"""The gymnasium environment: the learner decides on overloads, heuristics act in between."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from ..configuration.loading import load_configuration
from ..configuration.sections import Configuration, SplitName
from ..engines.engine import Engine, Episode
from ..engines.opening import open_engine
from ..environments.oddities import unlimited_lines
from ..errors import ConfigurationError, NotSupportedError, PowrlError, shown, wrong_value
from ..player.actions.action_set import ActionSet
from ..player.actions.grid_action import GridAction
from ..player.grid.forecasts import with_forecast
from ..player.grid.grid import Grid
from ..player.grid.grid2op_objects import GridObject
from ..player.grid.layout import GridLayout
from ..player.policy.features import Features
from ..player.rules.decision import DO_NOTHING, NOTHING
from ..player.rules.manager import OverloadManager
from ..player.rules.situation import Situation
from ..reduction.enumeration import unitary_topologies
from .attacks import attacks_of
from .rendering import EpisodeRenderer
from .reward import make_reward

CALM_EPISODES = 20
"""One after the other, at least, before it is said that nothing has to be decided: whether an
overload comes may depend on the attacks."""

CALM_ADVICE = "give other scenarios or a lower overload.critical_rho."


class PowRLEnvironment(gymnasium.Env[np.ndarray, np.int64]):
    """Decisions on overloads of a power grid, as a gymnasium environment.

    An episode is a scenario. `reset` and `step` return when some line reaches the critical load,
    or the episode ends; in between the overload manager reconnects lines and recovers the
    nominal topology. The reward of a decision is the sum of the rewards of the grid steps until the
    next one, each discounted by `gamma` per step passed. With ``training.redispatch`` the manager
    redispatches generators, too.

    - Observation: the chosen groups of `powrl.player.policy.features`, raw, float32.
    - Action: 0 is do nothing, ``i + 1`` is action ``i`` of the action set; `action_masks` says
      which are legal. As in a submission, an action is played when its simulation finds it legal
      and no worse than doing nothing.
    - ``reset(seed=...)`` fixes the order of the scenarios, the opponent and all else;
      ``reset(options={"scenario": name})`` plays one scenario. There is no other option.
    - It can be pickled, between episodes: what is under way is not kept.
    - The end of a scenario terminates the episode as a game over does: it is the goal, not a
      limit of time.
    - ``info``: ``scenario``, ``steps`` (grid steps since the start), ``max_steps``;
      ``is_success``: the scenario was survived; ``game_over``: it ended with a blackout;
      ``between``: what the manager did in calm steps since, and why, a sentence each. After a step
      also ``passed``, the grid steps that it took; ``action_meaning``, what the action is; and
      ``rule``, ``choice`` and ``why`` of the manager, which may have played another.

    Parameters
    ----------
    configuration:
        A `Configuration`, the path of a YAML file, or the name of a shipped configuration.
    split:
        ``"train"``, ``"validation"`` or ``"test"``.
    data:
        Replaces ``scenarios.data`` of a configuration that is given by path or name.
    engine:
        One that is open already: a fast engine plays the episodes of several environments.
    render_mode:
        ``"rgb_array"``: `render` draws the map of the grid; None: it draws nothing.

    Attributes
    ----------
    gamma:
        Discount per grid step.

    Raises
    ------
    PowrlError
        The configuration, its scenarios or its actions cannot be used; or the grid stays calm in
        every scenario, so that there is nothing to decide; or there is no such ``render_mode``.

    Examples
    --------
    >>> import gymnasium
    >>> import powrl
    >>> environment = gymnasium.make("powrl/PowRL-v0", configuration="case14")
    >>> observation, info = environment.reset(seed=0)
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(
        self,
        configuration: Configuration | str | Path,
        split: SplitName = "train",
        data: str | None = None,
        engine: Engine | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigurationError(
                f"there is no render_mode {render_mode!r}; give 'rgb_array', or None."
            )
        self.render_mode = render_mode
        if engine is not None and not hasattr(engine, "simulator"):
            raise ConfigurationError(wrong_value("engine", engine, "an open engine, or None"))
        if not isinstance(configuration, Configuration):
            configuration = load_configuration(configuration, data=data)
        self._made_from = None if engine else (configuration, split)
        if engine is None:
            scenarios, attacks = configuration.scenarios_of(split), attacks_of(configuration, split)
            engine = open_engine(configuration.engine, scenarios, **attacks)
        self._engine = engine
        self._is_open = True
        grid = self._engine.grid
        self._reward = make_reward(configuration)
        self.gamma = configuration.training.gamma
        self._features = Features(configuration.observation, configuration.plugin_folders())
        self._manager = OverloadManager(
            Grid.from_grid2op(grid.action_space),
            load_actions(configuration, grid),
            self._engine.simulator(),
            configuration.rollout_overload,
            configuration.plugin_folders(),
        )
        self.observation_space = spaces.Box(
            -np.inf, np.inf, (count_features(self._features, self._engine),), np.float32
        )
        self.action_space = spaces.Discrete(len(self._manager.actions) + 1)
        self._renderer: EpisodeRenderer | None = None
        self._played: GridAction | None = None
        self._between: list[str] = []
        self._choice = 0
        self._situation: Situation | None = None
        self._queue: list[str] = []
        self._episode: Episode | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the next scenario that has something to decide."""
        if seed is not None:
            if not isinstance(seed, (int, np.integer)) or seed < 0:
                raise ConfigurationError(
                    wrong_value("seed", seed, "a whole number of 0 or more, or None")
                )
            seed, self._queue = int(seed), []
        super().reset(seed=seed)
        if options is not None and not isinstance(options, Mapping):
            raise ConfigurationError(
                f"the options {shown(options)} of reset are no mapping; give "
                "options={'scenario': NAME}."
            )
        unknown = (options or {}).keys() - {"scenario"}
        if unknown:
            names = ", ".join(map(repr, sorted(unknown, key=str)))
            raise ConfigurationError(f"reset has no option {names}; it has 'scenario' alone.")
        name = (options or {}).get("scenario")
        if name is not None and name not in self._engine.scenarios:
            raise PowrlError(f"there is no scenario {name!r} in this split.")
        for _ in range(1 if name else max(2 * len(self._engine.scenarios), CALM_EPISODES)):
            scenario = name or self._next_scenario()
            features, info = self.begin(scenario, int(self.np_random.integers(2**31)))
            if features is not None:
                return features, info
        raise PowrlError(
            f"no line reaches {self._manager.settings.critical_rho} of its limit in "
            f"{name or 'any scenario'}: {unlimited_lines(self._engine.grid) or CALM_ADVICE}"
        )

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios of the split."""
        return self._engine.scenarios

    def begin(self, scenario: str, seed: int) -> tuple[np.ndarray | None, dict[str, Any]]:
        """Start a scenario and play up to the first decision: features, or None, and info.

        None: the episode is over before anything has to be decided. Unlike that of `reset`, the
        seed is that of the episode.
        """
        self._require_open()
        self._manager.reset()
        self._played = None
        self._episode = episode = self._engine.start(scenario, seed)
        self._play_calm(episode)
        features = None if episode.done else self._features(with_forecast(episode.observation))
        return features, self._info(episode)

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one decision, then the calm steps up to the next one."""
        self._require_action(action)
        episode = self._under_way()
        before = episode.steps
        self._choice = int(action)
        decision = self._manager.decide_in(self._due())
        reward = self._grid_step(episode, decision.action)
        reward += self.gamma * self._play_calm(episode)
        info = {
            **self._info(episode),
            "passed": episode.steps - before,
            "action_meaning": self.describe(action),
            "rule": decision.rule,
            "choice": decision.choice,
            "why": decision.why,
        }
        return self._features(with_forecast(episode.observation)), reward, episode.done, False, info

    def action_masks(self) -> np.ndarray:
        """The legal actions now, shape ``(action_space.n,)``, bool (for sb3-contrib)."""
        return self._due().allowed

    def ranks(self) -> np.ndarray:
        """How bad the simulated outcome of each action is now (`OverloadManager.ranks`)."""
        return self._manager.ranks(self._due())

    def describe(self, action: np.int64 | int) -> str:
        """What an action means, in words.

        Raises
        ------
        ValueError
            It is not in the action space.
        """
        self._require_action(action)
        return self._manager.actions.describe(int(action) - 1) if action else DO_NOTHING

    @property
    def action_meanings(self) -> list[str]:
        """What each action means, ``action_space.n`` texts."""
        return [self.describe(action) for action in range(int(self.action_space.n))]

    def render(self) -> np.ndarray:
        """The map of the grid as it is, shape ``(height, width, 3)``, uint8.

        Raises
        ------
        ConfigurationError
            The environment was made without ``render_mode``.
        RuntimeError
            There is no episode yet.
        """
        if self.render_mode is None:
            raise ConfigurationError("nothing is rendered; make it with render_mode='rgb_array'.")
        if self._renderer is None:
            self._renderer = EpisodeRenderer(self._engine.grid)
        return self._renderer.draw(self._under_way(), self._played)

    def close(self) -> None:
        """Close the engine, after which nothing can be played; once more does nothing."""
        self._is_open = False
        self._engine.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from and what is drawn next, and no episode that is under way.

        Raises
        ------
        NotSupportedError
            It was made with an engine that is open already.
        """
        if self._made_from is None:
            raise NotSupportedError(
                "an environment with an engine of its own cannot be pickled; make it in the other "
                "process."
            )
        drawn = {name: self.__dict__.get(name) for name in ("_np_random", "_queue")}
        return type(self), self._made_from, drawn

    def __deepcopy__(self, memo: dict[int, Any]) -> PowRLEnvironment:
        """A copy whose episode goes on by itself."""
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def _require_action(self, action: object) -> None:
        if not self.action_space.contains(action):
            raise ValueError(f"the action {action!r} is not in {self.action_space}.")

    def _require_open(self) -> None:
        if not self._is_open:
            raise RuntimeError("the environment is closed; make another one.")

    def _under_way(self) -> Episode:
        self._require_open()
        if self._episode is None:
            raise RuntimeError("there is no episode yet; call reset().")
        return self._episode

    def _play_calm(self, episode: Episode) -> float:
        """Let the heuristics act until a decision is due: the discounted reward."""
        total, discount = 0.0, 1.0
        self._between = []
        while not episode.done:
            self._situation = self._manager.situation(episode.observation, self._chosen)
            if self._situation.is_overloaded:
                break
            decision = self._manager.decide_in(self._situation)
            # None is nothing, at once
            action = None if decision.rule == NOTHING else decision.action
            if action is not None:
                said = f"step {episode.steps}: {decision.rule}: {decision.choice}"
                self._between.append(f"{said}; {decision.why}" if decision.why else said)
            total += discount * self._grid_step(episode, action)
            discount *= self.gamma
        return total

    def _chosen(self, _: Situation) -> list[int]:
        """The learner's choice, in place of a policy's ranking."""
        return [self._choice]

    def _due(self) -> Situation:
        """The situation in which a decision is due."""
        self._under_way()
        assert self._situation is not None
        return self._situation

    def _grid_step(self, episode: Episode, action: GridAction | None) -> float:
        observation = episode.step(action)
        self._played = action
        survived = episode.done and not episode.game_over
        return self._reward(observation, episode.game_over, survived)

    def _next_scenario(self) -> str:
        if not self._queue:
            self._queue = [str(name) for name in self.np_random.permutation(self._engine.scenarios)]
        return self._queue.pop()

    def _info(self, episode: Episode) -> dict[str, Any]:
        return {
            "scenario": episode.scenario,
            "steps": episode.steps,
            "max_steps": episode.max_steps,
            "is_success": episode.done and not episode.game_over,
            "game_over": episode.game_over,
            "between": self._between,
        }


def count_features(features: Features, engine: Engine) -> int:
    """Count the features on the grid of an engine; those of a user by a first observation."""
    if not features.has_plugins():
        return features.size(engine.grid)
    return features.size(engine.grid, engine.start(engine.scenarios[0], 0).observation)


def load_actions(configuration: Configuration, grid: GridObject) -> ActionSet:
    """The action set of a configuration, checked against the grid."""
    layout = GridLayout.from_grid2op(grid)
    if configuration.actions == "unitary":
        return unitary_topologies(layout)
    return ActionSet.load(Path(configuration.actions), layout)
