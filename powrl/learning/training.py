"""The course of a training: reproducible, resumable, evaluated on the validation split."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..configuration.sections import Configuration, SplitName
from ..engines.opening import open_engine
from ..environments.opening import open_environment, require_grid_of, require_readable
from ..errors import PowrlError
from ..player.files import write_text_whole
from ..player.policy.network import Policy
from ..player.rules.redispatching import require_lines
from ..workspace.runs import versions
from .agent_folder import card, write_agent_folder
from .attacks import require_attackable
from .checkpoint import Progress, load_checkpoint, save_checkpoint
from .curriculum import Curriculum
from .environment import PowRLEnvironment, load_actions
from .imitation import imitate
from .learner import Learner
from .rollout import Trajectory, play_rollout
from .teacher import record_lessons
from .validation import Validator, agent_settings

CURVE_FILE = "curve.jsonl"
AGENT_FOLDER = "agent"
CALM_ROUNDS = 2
"""For each scenario: after so many one after the other without a decision a training ends."""

Reporter = Callable[[dict[str, Any]], None]
"""Called with each line of the curve."""


def train(
    configuration: Configuration,
    folder: Path,
    command: str,
    resume: bool = False,
    on_progress: Reporter | None = None,
    jobs: int = 1,
) -> Path:
    """Train in a run folder, or go on with it; returns the folder of the best agent.

    Rollouts of whole episodes and updates of the network take turns. What is drawn in a rollout
    follows from the seed and the number of the rollout alone, so that neither a stop nor the number
    of processes changes anything. Where the configuration asks for imitation, it comes first.

    Parameters
    ----------
    folder:
        Gets the checkpoint, ``curve.jsonl`` (one line per rollout, with the validation where
        there was one), ``tensorboard/`` and ``agent/``: the agent with the best validation.
    command:
        Written on the agent's card.
    on_progress:
        Also called with ``{"lessons": n}`` when the search has played n episodes to imitate.
    jobs:
        Processes that play the episodes.

    Raises
    ------
    PowrlError
        The configuration cannot be used, or there is no usable checkpoint to resume from.
    """
    with ExitStack() as stack:
        # sums of several threads may differ in the last bit
        stack.enter_context(threadpool_limits(1))
        scenarios = configuration.scenarios_of("train")
        engine = open_engine(configuration.engine, scenarios, cached=False)
        stack.callback(engine.close)
        spaces = PowRLEnvironment(configuration, engine=engine)
        learner = Learner(spaces, configuration.training)
        learner.log_to(folder / "tensorboard")
        stack.callback(learner.model.logger.close)
        validator = Validator(configuration)
        stack.callback(validator.close)
        report = on_progress or (lambda _: None)
        course = _Course(configuration, folder, command, learner, validator, report, jobs)
        if resume:
            course.restore()
        course.run(spaces.scenarios)
    return folder / AGENT_FOLDER


def require_usable(configuration: Configuration) -> None:
    """Refuse a configuration whose scenarios or actions cannot be used, before anything is made.

    Raises
    ------
    PowrlError
        A split has no scenarios, or scenarios of another grid; or the action file is missing,
        damaged or for another grid; or a contingency or an attacked line is no line of the grid.
    """
    splits: tuple[SplitName, ...] = ("train", "validation")
    for split in splits:
        environment = open_environment(configuration.scenarios_of(split))
        try:
            require_grid_of(environment, configuration.environment)
            require_readable(environment)
            load_actions(configuration, environment)
            require_lines(environment.name_line, configuration.overload.contingencies)
            require_attackable(environment.name_line, configuration.training.attacked_lines)
        finally:
            environment.close()


class _Course:
    """Rollouts, updates, checkpoints, validation and the curve."""

    def __init__(
        self,
        configuration: Configuration,
        folder: Path,
        command: str,
        learner: Learner,
        validator: Validator,
        report: Reporter,
        jobs: int,
    ) -> None:
        self._configuration = configuration
        self._settings = configuration.training
        self._folder = folder
        self._command = command
        self._learner = learner
        self._validator = validator
        self._report = report
        self._jobs = jobs
        self._curve: list[dict[str, Any]] = []
        self._progress = Progress()
        self._versions = versions()  # of the code that is running, whatever is edited meanwhile

    def restore(self) -> None:
        """Go on from the last checkpoint; what the curve has beyond it will be made again."""
        self._progress = load_checkpoint(self._folder, self._learner)
        path = self._folder / CURVE_FILE
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            rows = [json.loads(line) for line in lines[: self._progress.rows]]
            if not all(isinstance(row, dict) and "timesteps" in row for row in rows):
                raise ValueError("a line is not of a curve")
            self._curve = rows
        except (OSError, ValueError) as error:
            raise PowrlError(
                f"{path} is damaged ({error}); remove it, or start the training anew."
            ) from error

    def run(self, scenarios: list[str]) -> None:
        """Train until the timesteps are reached, or nothing has become better for long."""
        curriculum = Curriculum(scenarios, self._settings.curriculum)
        curriculum.lost = self._progress.lost
        if self._progress.best < 0:
            self._checkpoint(validate=False)  # a validation takes minutes on a large grid
            self._checkpoint(validate=True)
        if self._configuration.imitation.episodes and not self._progress.imitated:
            self._imitate()
        while self._learner.timesteps < self._settings.timesteps and not self._is_stuck():
            self._rollout(curriculum)
            every = self._settings.checkpoint_every
            checkpoints, left = divmod(self._progress.rollouts, every)
            last = self._learner.timesteps >= self._settings.timesteps
            if last or not left:
                self._checkpoint(last or checkpoints % self._settings.evaluate_every == 0)

    def _imitate(self) -> None:
        lessons = record_lessons(
            self._configuration, self._folder, self._jobs, lambda n: self._report({"lessons": n})
        )
        imitate(
            self._learner.model,
            self._learner.normalisation,
            lessons,
            self._configuration.imitation,
            lambda row: self._add({"timesteps": 0, **row}),
        )
        self._progress.imitated = True
        self._checkpoint(validate=True)

    def _is_stuck(self) -> bool:
        return 0 < self._settings.patience <= self._progress.worse

    def _rollout(self, curriculum: Curriculum) -> None:
        seeds = np.random.SeedSequence([self._settings.seed, self._progress.rollouts])
        random = np.random.default_rng(seeds)
        names = curriculum.draw(self._settings.episodes, random)
        numbers = random.integers(2**31, size=len(names) + 1).tolist()
        played = play_rollout(
            self._configuration,
            self._learner.policy(),
            list(zip(names, numbers[1:], strict=True)),
            self._jobs,
        )
        for episode in played:
            curriculum.learn(episode.scenario, episode.survival)
        self._progress.rollouts += 1
        self._progress.calm = 0 if any(map(len, played)) else self._progress.calm + len(played)
        if self._progress.calm > CALM_ROUNDS * len(curriculum.scenarios):
            raise PowrlError(
                f"no line reaches {self._configuration.overload.critical_rho} of its limit in "
                f"{self._progress.calm} episodes: give other scenarios or a lower "
                "overload.critical_rho."
            )
        self._learner.learn(played, numbers[0])
        self._add(self._row(played))

    def _row(self, played: list[Trajectory]) -> dict[str, Any]:
        row = {
            "timesteps": self._learner.timesteps,
            "episodes": len(played),
            "grid_steps": sum(each.steps for each in played),
            "reward": float(np.mean([each.rewards.sum() for each in played])),
            "survival": float(np.mean([each.survival for each in played])),
        }
        logger = self._learner.model.logger
        for name in ("reward", "survival"):
            logger.record(f"rollout/{name}", row[name])
        logger.dump(self._learner.timesteps)
        return row

    def _checkpoint(self, validate: bool) -> None:
        if validate:
            self._validate()
        self._progress.rows = len(self._curve)
        save_checkpoint(self._folder, self._learner, self._progress)

    def _validate(self) -> None:
        policy = self._learner.policy()
        survival = self._validator(policy).survival
        logger = self._learner.model.logger
        logger.record("validation/survival", survival)
        logger.dump(self._learner.timesteps)
        self._progress.worse += 1
        if survival > self._progress.best:
            self._progress.best, self._progress.worse = survival, 0
            self._export(policy, survival)
        self._add({"timesteps": self._learner.timesteps, "validation": survival})

    def _export(self, policy: Policy, survival: float) -> None:
        training = {
            "command": self._command,
            "seed": self._settings.seed,
            "timesteps": self._learner.timesteps,
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
