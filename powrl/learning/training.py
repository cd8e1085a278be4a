"""Training with MaskablePPO: reproducible, resumable, evaluated on the validation split."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure as configure_logger
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.utils import obs_as_tensor, set_random_seed
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from ..configuration import Configuration, SplitName, TrainingSettings
from ..errors import PowrlError
from ..files import write_text_whole
from ..grid.environments import open_environment, require_grid_of, require_readable
from ..overload.redispatching import require_lines
from ..policy.network import Policy
from ..runs import versions
from ..stepping.engine import Engine, open_engine
from .agent_folder import card, write_agent_folder
from .checkpoint import has_checkpoint, load_checkpoint, save_checkpoint
from .environment import PowRLEnvironment, load_actions
from .export import export_policy
from .imitation import imitate
from .returns import decision_advantages
from .teacher import record_lessons
from .validation import Validator, agent_settings

CURVE_FILE = "curve.jsonl"
AGENT_FOLDER = "agent"

Progress = Callable[[dict[str, Any]], None]
"""Called with each line of the curve."""


def train(
    configuration: Configuration,
    folder: Path,
    command: str,
    resume: bool = False,
    on_progress: Progress | None = None,
    jobs: int = 1,
) -> Path:
    """Train in a run folder, or go on with it; returns the folder of the best agent.

    The training runs in segments between checkpoints. At the start of each, the environments and
    all random generators are seeded from (seed, segment), so that a resumed run goes on exactly as
    one that was never stopped. Where the configuration asks for imitation, it comes first, and its
    network is the first checkpoint.

    Parameters
    ----------
    folder:
        Gets the checkpoints, ``curve.jsonl`` (one line per rollout, with the validation where
        there was one), ``tensorboard/`` and ``agent/``: the agent with the best validation.
    command:
        Written on the agent's card.
    on_progress:
        Also called with ``{"lessons": n}`` when the search has played n episodes to imitate.
    jobs:
        Processes that play them; PPO has one.

    Raises
    ------
    PowrlError
        The configuration cannot be used, or there is no usable checkpoint to resume from.
    """
    model, environments = make_model(configuration)
    model.set_logger(configure_logger(str(folder / "tensorboard"), ["tensorboard"]))
    validator = Validator(configuration)
    course = _Course(configuration, folder, command, validator, on_progress, jobs)
    try:
        # stopped before the first checkpoint, an imitation goes on from its lessons
        only_lessons = configuration.imitation.episodes and not (
            has_checkpoint(folder) or (folder / AGENT_FOLDER).exists()
        )
        if resume and not only_lessons:
            load_checkpoint(folder, model, environments)
            course.restore(model.num_timesteps)
        remaining = configuration.training.timesteps - model.num_timesteps
        if remaining > 0:
            model.learn(remaining, callback=course, reset_num_timesteps=False)
    finally:
        environments.close()
        validator.close()
    return folder / AGENT_FOLDER


def require_usable(configuration: Configuration) -> None:
    """Refuse a configuration whose scenarios or actions cannot be used, before anything is made.

    Raises
    ------
    PowrlError
        A split has no scenarios, or scenarios of another grid; or the action file is missing,
        damaged or for another grid; or a contingency is no line of the grid.
    """
    splits: tuple[SplitName, ...] = ("train", "validation")
    for split in splits:
        environment = open_environment(configuration.scenarios_of(split))
        try:
            require_grid_of(environment, configuration.environment)
            require_readable(environment)
            load_actions(configuration, environment)
            require_lines(environment.name_line, configuration.overload)
        finally:
            environment.close()


def make_model(configuration: Configuration) -> tuple[MaskablePPO, VecNormalize]:
    """The untrained model of a configuration, and its environments with their normalisation."""
    torch.set_num_threads(1)  # the network is small: more threads only wait for each other
    settings = configuration.training
    shared = None
    if configuration.engine == "fast":  # it plays any number of episodes at the same time
        shared = open_engine("fast", configuration.scenarios_of("train"))
    environments = VecNormalize(
        DummyVecEnv([lambda: _monitored(configuration, shared)] * settings.environments),
        gamma=settings.gamma,
    )
    model = MaskablePPO(
        "MlpPolicy",
        environments,
        learning_rate=_linear(settings.learning_rate, settings.final_learning_rate),
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        n_epochs=settings.n_epochs,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=settings.entropy_coefficient,
        policy_kwargs=_network(settings),
        seed=settings.seed,
        device="cpu",
    )
    # set, so that learn() does not reset the environments: the first segment does
    model._last_obs = np.zeros((settings.environments, *environments.observation_space.shape))
    return model, environments


class _Course(BaseCallback):
    """What happens between the rollouts: checkpoints, seeds, validation, the curve."""

    def __init__(
        self,
        configuration: Configuration,
        folder: Path,
        command: str,
        validator: Validator,
        on_progress: Progress | None,
        jobs: int,
    ) -> None:
        super().__init__()
        self._configuration = configuration
        self._settings = configuration.training
        self._folder = folder
        self._command = command
        self._validator = validator
        self._report = on_progress or (lambda _: None)
        self._jobs = jobs
        self._curve: list[dict[str, Any]] = []
        self._best = -1.0
        self._resumed_at = 0
        self._resumed = False
        self._versions = versions()  # of the code that is running, whatever is edited meanwhile

    def restore(self, timesteps: int) -> None:
        """Read the curve up to a checkpoint; what came after it will be made again."""
        path = self._folder / CURVE_FILE
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        try:
            rows = [json.loads(line) for line in lines]
        except ValueError as error:
            raise PowrlError(
                f"{path} is damaged ({error}); remove its last line, or start the training anew."
            ) from error
        self._resumed_at = timesteps
        self._resumed = True
        self._curve = [row for row in rows if row["timesteps"] <= timesteps]
        self._best = max((row.get("validation", -1.0) for row in self._curve), default=-1.0)

    def _on_training_start(self) -> None:
        if not self._configuration.imitation.episodes or self._resumed:
            return
        lessons = record_lessons(
            self._configuration, self._folder, self._jobs, lambda n: self._report({"lessons": n})
        )
        imitate(
            self.model,
            self.model.get_vec_normalize_env(),
            lessons,
            self._configuration.imitation,
            lambda row: self._add({"timesteps": 0, **row}),
        )
        self._checkpoint(validate=True)

    def _on_rollout_start(self) -> None:
        rollouts = self.num_timesteps // (self._settings.n_steps * self._settings.environments)
        segment, begun = divmod(rollouts, self._settings.checkpoint_every)
        first = self.num_timesteps == self._resumed_at
        if begun == 0 and not first:
            self._checkpoint(validate=segment % self._settings.evaluate_every == 0)
        if begun == 0 or first:
            self._begin_segment(segment)
        self.model.ep_info_buffer.clear()
        self._passed: list[list[int]] = []
        self._ended: list[np.ndarray] = []

    def _on_step(self) -> bool:
        self._passed.append([info["passed"] for info in self.locals["infos"]])
        self._ended.append(self.locals["dones"])
        return True

    def _on_rollout_end(self) -> None:
        self._discount_by_grid_steps()
        row: dict[str, Any] = {"timesteps": self.num_timesteps}
        episodes = list(self.model.ep_info_buffer)
        if episodes:
            row["episodes"] = len(episodes)
            row["reward"] = float(np.mean([each["r"] for each in episodes]))
            row["survival"] = float(
                np.mean([each["steps"] / each["max_steps"] for each in episodes])
            )
            self.logger.record("rollout/survival", row["survival"])
        self._add(row)

    def _discount_by_grid_steps(self) -> None:
        """Replace the advantages of stable-baselines3, which discounts once per decision."""
        rollout = self.model.rollout_buffer
        with torch.no_grad():
            states = obs_as_tensor(self.model._last_obs, self.model.device)
            next_values = self.model.policy.predict_values(states).numpy().flatten()
        rollout.advantages = decision_advantages(
            rollout.rewards,
            rollout.values,
            next_values,
            np.power(self._settings.gamma, self._passed).astype(np.float32),
            np.array(self._ended),
            self._settings.gae_lambda,
        )
        rollout.returns = rollout.advantages + rollout.values

    def _on_training_end(self) -> None:
        self._checkpoint(validate=True)
        self.logger.dump(self.num_timesteps)

    def _begin_segment(self, segment: int) -> None:
        seeds = np.random.SeedSequence([self._settings.seed, segment]).generate_state(2)
        set_random_seed(int(seeds[0]))
        self.training_env.seed(int(seeds[1]) % 2**31)
        self.model._last_obs = self.training_env.reset()
        self.model._last_episode_starts = np.ones(self.training_env.num_envs, dtype=bool)

    def _checkpoint(self, validate: bool) -> None:
        normalisation = self.model.get_vec_normalize_env()
        if validate:
            policy = export_policy(self.model, normalisation, self._settings.activation)
            survival = self._validator(policy).survival
            self.logger.record("validation/survival", survival)
            if survival > self._best:
                self._best = survival
                self._export(policy, survival)
            self._add({"timesteps": self.num_timesteps, "validation": survival})
        save_checkpoint(self._folder, self.model, normalisation)

    def _export(self, policy: Policy, survival: float) -> None:
        training = {
            "command": self._command,
            "seed": self._settings.seed,
            "timesteps": self.num_timesteps,
            "validation survival": round(survival, 4),
        }
        write_agent_folder(
            self._folder / AGENT_FOLDER,
            agent_settings(self._configuration),
            self._validator.actions,
            policy,
            card(self._configuration, training, self._versions),
        )

    def _add(self, row: dict[str, Any]) -> None:
        self._curve.append(row)
        lines = "".join(json.dumps(each) + "\n" for each in self._curve)
        write_text_whole(self._folder / CURVE_FILE, lines)
        self._report(row)


def _monitored(configuration: Configuration, engine: Engine | None) -> Monitor:
    environment = PowRLEnvironment(configuration, engine=engine)
    return Monitor(environment, info_keywords=("steps", "max_steps"))


def _linear(first: float, last: float) -> Callable[[float], float]:
    """A learning rate that goes from `first` to `last` as the remaining share goes from 1 to 0."""
    return lambda remaining: last + (first - last) * remaining


def _network(settings: TrainingSettings) -> dict[str, Any]:
    layers = list(settings.layers)
    activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[settings.activation]
    return {"net_arch": {"pi": layers, "vf": layers}, "activation_fn": activation}
