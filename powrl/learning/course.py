"""The course of a training: rollouts, updates, checkpoints, validations and the curve."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..configuration.sections import Configuration
from ..errors import PowrlError, count
from ..parallel.jobs import Jobs
from ..player.files import write_text_whole
from ..player.policy.network import Policy
from ..workspace.versions import versions
from .agent_folder import card, write_agent_folder
from .algorithms.base import Algorithm
from .checkpoint import Progress, load_checkpoint, save_checkpoint
from .curriculum import Curriculum
from .curve import CURVE_FILE, read_curve
from .rollout import Trajectory, play_rollout
from .run_files import start_digest
from .teacher import record_lessons
from .validation import Validator, agent_settings

AGENT_FOLDER = "agent"
CALM_ROUNDS = 2
"""A training ends after this many consecutive episodes per scenario without a decision."""

log = logging.getLogger(__name__)

Reporter = Callable[[dict[str, Any]], None]
"""Called with each row of the curve."""


class Course:
    """Rollouts, updates, checkpoints, validation and the curve."""

    def __init__(
        self,
        configuration: Configuration,
        folder: Path,
        command: str,
        algorithm: Algorithm,
        validator: Validator,
        report: Reporter,
        jobs: Jobs,
    ) -> None:
        self._configuration = configuration
        self._settings = configuration.training
        self._folder = folder
        self._command = command
        self._algorithm = algorithm
        self._validator = validator
        self._report = report
        self._jobs = jobs
        self._curve: list[dict[str, Any]] = []
        self._progress = Progress(made_from=start_digest(folder))
        self._versions = versions()  # of the code that is running, whatever is edited meanwhile

    def restore(self) -> None:
        """Go on from the last checkpoint; the rows of the curve beyond it will be made again."""
        made_from = self._progress.made_from
        self._progress = load_checkpoint(self._folder, self._algorithm)
        if self._progress.made_from != made_from:
            raise PowrlError(
                f"the checkpoint of {self._folder} is of another training; take it out, or start "
                "the training anew."
            )
        rows = self._progress.rows
        self._curve = read_curve(self._folder, rows)[:rows]
        if len(self._curve) < rows:
            log.warning(
                "%s is missing, and %s with it: the curve goes on without them.",
                self._folder / CURVE_FILE,
                count(rows, "row"),
            )

    @property
    def timesteps(self) -> int:
        """Decisions learned from."""
        return self._algorithm.timesteps

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        imitated = self._progress.imitated or not self._configuration.imitation.episodes
        enough = self.timesteps >= self._settings.timesteps or self._is_stuck()
        return self._progress.best >= 0 and imitated and enough

    def run(self, scenarios: list[str]) -> None:
        """Train until the timesteps are reached, or the patience with bad validations ends."""
        curriculum = Curriculum(scenarios, self._settings.curriculum)
        curriculum.lost = self._progress.lost
        if self._progress.best < 0:
            self._checkpoint(validate=False)  # a validation takes minutes on a large grid
            self._checkpoint(validate=True)
        if self._configuration.imitation.episodes and not self._progress.imitated:
            self._imitate()
        while self._algorithm.timesteps < self._settings.timesteps and not self._is_stuck():
            self._rollout(curriculum)
            interval = self._settings.checkpoint_every
            checkpoints, rest = divmod(self._progress.rollouts, interval)
            last = self._algorithm.timesteps >= self._settings.timesteps
            if last or not rest:
                self._checkpoint(last or checkpoints % self._settings.evaluate_every == 0)

    def _imitate(self) -> None:
        lessons = record_lessons(
            self._configuration, self._folder, self._jobs, lambda n: self._report({"lessons": n})
        )
        self._algorithm.imitate(
            lessons,
            self._configuration.imitation,
            self._add_epoch,
        )
        self._progress.imitated = True
        self._checkpoint(validate=True)

    def _add_epoch(self, row: dict[str, Any]) -> None:
        values = {f"imitation/{name}": row[name] for name in row if name != "epoch"}
        self._algorithm.record(values, row["epoch"])
        self._add({"timesteps": 0, **row})

    def _is_stuck(self) -> bool:
        return 0 < self._settings.patience <= self._progress.worse

    def _rollout(self, curriculum: Curriculum) -> None:
        seeds = np.random.SeedSequence([self._settings.seed, self._progress.rollouts])
        random = np.random.default_rng(seeds)
        names = curriculum.draw(self._settings.episodes, random)
        numbers = random.integers(2**31, size=len(names) + 1).tolist()
        started = time.perf_counter()
        played = play_rollout(
            self._configuration,
            self._algorithm.policy(),
            list(zip(names, numbers[1:], strict=True)),
            self._jobs,
            self._algorithm.exploration(),
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
        self._algorithm.learn(played, numbers[0])
        row = self._row(played)
        fps = row["grid_steps"] / (time.perf_counter() - started)
        logged = ("reward", "survival", "decisions", "blackouts")
        self._algorithm.record(
            {f"rollout/{name}": row[name] for name in logged} | {"time/fps": fps}
        )
        self._add(row, fps=fps)

    def _row(self, played: list[Trajectory]) -> dict[str, Any]:
        return {
            "timesteps": self._algorithm.timesteps,
            "episodes": len(played),
            "grid_steps": sum(episode.steps for episode in played),
            "reward": float(np.mean([episode.rewards.sum() for episode in played])),
            "survival": float(np.mean([episode.survival for episode in played])),
            "decisions": float(np.mean([len(episode) for episode in played])),
            "blackouts": sum(episode.steps < episode.max_steps for episode in played),
        }

    def _checkpoint(self, validate: bool) -> None:
        if validate:
            self._validate()
        self._progress.rows = len(self._curve)
        save_checkpoint(self._folder, self._algorithm, self._progress)

    def _validate(self) -> None:
        policy = self._algorithm.policy()
        survival = self._validator(policy).survival
        self._algorithm.record({"validation/survival": survival})
        self._progress.worse += 1
        if survival > self._progress.best:
            self._progress.best, self._progress.worse = survival, 0
            self._export(policy, survival)
        self._add({"timesteps": self._algorithm.timesteps, "validation": survival})

    def _export(self, policy: Policy, survival: float) -> None:
        training = {
            "command": self._command,
            "seed": self._settings.seed,
            "timesteps": self._algorithm.timesteps,
            "validation survival": round(survival, 4),
        }
        write_agent_folder(
            self._folder / AGENT_FOLDER,
            agent_settings(self._configuration),
            self._validator.actions,
            policy,
            card(self._configuration, training, self._versions),
        )

    def _add(self, row: dict[str, Any], **measured: float) -> None:
        """Add a row to the curve; what is measured on this machine is reported alone."""
        self._curve.append(row)
        lines = "".join(json.dumps(line) + "\n" for line in self._curve)
        write_text_whole(self._folder / CURVE_FILE, lines)
        self._report({**row, **measured})
