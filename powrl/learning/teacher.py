"""What the search knows: the simulated outcome of every action, as lessons for a policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from ..array_file import load_arrays, save_arrays
from ..configuration import Configuration, ImitationSettings
from ..grid.environments import Scenarios
from ..stepping.engine import Engine, EngineName, open_engine
from .environment import PowRLEnvironment

LESSONS_FOLDER = "lessons"


@dataclass(frozen=True, eq=False)
class Lessons:
    """The decisions of one episode, or of several.

    Attributes
    ----------
    features:
        What the policy reads, raw, shape ``(n, n_features)``, float32.
    ranks:
        How bad the simulated outcome of each action is (`powrl.overload.ranking`), infinite for
        what is illegal or ends the episode, shape ``(n, n_actions)``, float32; 0 is do nothing.
    returns:
        Discounted reward from the decision to the end of the episode, shape ``(n,)``, float32.
    """

    features: np.ndarray
    ranks: np.ndarray
    returns: np.ndarray

    def __len__(self) -> int:
        return len(self.returns)

    def chosen(self, indices: np.ndarray) -> Lessons:
        """Some of the decisions."""
        return Lessons(self.features[indices], self.ranks[indices], self.returns[indices])

    @classmethod
    def joined(cls, parts: Sequence[Lessons]) -> Lessons:
        """Those of several episodes, in that order."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.ranks for part in parts]),
            np.concatenate([part.returns for part in parts]),
        )

    def save(self, path: Path) -> None:
        """Write the npz file; replaces `path` only when complete."""
        save_arrays(path, vars(self))

    @classmethod
    def load(cls, path: Path) -> Lessons:
        """Read what `save` wrote.

        Raises
        ------
        PowrlError
            The file is missing or damaged.
        """
        return cls(**load_arrays(path, "lesson", "remove it, and --resume makes it again"))


def record_lessons(
    configuration: Configuration,
    folder: Path,
    jobs: int,
    on_progress: Callable[[int], None],
) -> list[Lessons]:
    """Play episodes as the search does, one file each; files that are there are not made again.

    Each episode has its own seed: neither the number of processes nor a stop in between changes
    what it holds.

    Parameters
    ----------
    folder:
        Of the run.
    on_progress:
        Called with the number of episodes that are there.

    Returns
    -------
    list
        Of each episode.
    """
    numbers = range(configuration.imitation.episodes)
    paths = [folder / LESSONS_FOLDER / f"{number:05d}.npz" for number in numbers]
    (folder / LESSONS_FOLDER).mkdir(exist_ok=True)
    left = [
        (number, path) for number, path in zip(numbers, paths, strict=True) if not path.exists()
    ]
    done = len(paths) - len(left)
    on_progress(done)
    work = (delayed(_record)(configuration, number, path) for number, path in left)
    for _ in Parallel(n_jobs=jobs, return_as="generator_unordered")(work):
        done += 1
        on_progress(done)
    return [Lessons.load(path) for path in paths]


def play_lessons(environment: PowRLEnvironment, settings: ImitationSettings, seed: int) -> Lessons:
    """One episode of the teacher: it plays what the simulation finds best, and at times not.

    Parameters
    ----------
    seed:
        Fixes the scenario, the opponent and what is tried.
    """
    random = np.random.default_rng(seed)
    seen, ranks, rewards, discounts = [], [], [], []
    features, _ = environment.reset(seed=seed)
    ended = False
    while not ended:
        rank = environment.ranks()
        best = np.argsort(rank, kind="stable")
        choice = best[0]
        if random.random() < settings.exploration:
            choice = random.choice(
                best[: settings.tried][np.isfinite(rank[best[: settings.tried]])]
            )
        seen.append(features)
        ranks.append(rank)
        features, reward, ended, _, info = environment.step(int(choice))
        rewards.append(reward)
        discounts.append(environment.gamma ** info["passed"])
    returns, later = np.zeros(len(rewards), dtype=np.float32), 0.0
    for step in reversed(range(len(rewards))):
        returns[step] = later = rewards[step] + discounts[step] * later
    return Lessons(np.array(seen), np.array(ranks, dtype=np.float32), returns)


def _record(configuration: Configuration, number: int, path: Path) -> None:
    seeds = np.random.SeedSequence([configuration.training.seed, number])
    environment = PowRLEnvironment(configuration, engine=_engine(configuration))
    seed = int(seeds.generate_state(1)[0]) % 2**31
    play_lessons(environment, configuration.imitation, seed).save(path)


@lru_cache(maxsize=1)
def _engine_of(name: EngineName, scenarios: Scenarios) -> Engine:
    """Opened once in each process; an episode reads its scenario alone."""
    return open_engine(name, scenarios, cached=False)


def _engine(configuration: Configuration) -> Engine:
    return _engine_of(configuration.engine, configuration.scenarios_of("train"))
