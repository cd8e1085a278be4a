"""What the search knows: the simulated outcome of every action, as lessons for a policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ..configuration.learning_sections import ImitationSettings
from ..configuration.sections import Configuration
from ..environments.backend import with_read_grids
from ..parallel.jobs import Jobs
from ..parallel.run import run
from ..player.files import read_text, refusing_unwritable
from ..storage.digest import digest_of_json
from ..workspace.plugin_files import plugin_sources
from .environment import PowRLEnvironment
from .lessons import Lessons
from .returns import discounted_returns
from .rollout import worker_environment

LESSONS_FOLDER = "lessons"


def record_lessons(
    configuration: Configuration,
    folder: Path,
    jobs: Jobs,
    on_progress: Callable[[int], None],
) -> list[Lessons]:
    """Play episodes as the search does, one file each; files that are there are not made again.

    Each episode has its own seed: neither the number of processes nor a stop in between changes
    what it holds.

    Parameters
    ----------
    folder:
        The run folder.
    on_progress:
        Called with the number of episodes that are available.

    Returns
    -------
    list
        The lessons of each episode.
    """
    numbers = range(configuration.imitation.episodes)
    paths = [folder / LESSONS_FOLDER / f"{number:05d}.npz" for number in numbers]
    made_from = lessons_digest(configuration)
    with refusing_unwritable(folder / LESSONS_FOLDER):
        (folder / LESSONS_FOLDER).mkdir(exist_ok=True)
    missing = [number for number in numbers if not paths[number].exists()]
    done = len(paths) - len(missing)
    on_progress(done)

    def keep(task: int, lessons: Lessons) -> None:
        nonlocal done
        lessons.save(paths[missing[task]], made_from)
        done += 1
        on_progress(done)

    tasks = [with_read_grids(partial(_record, configuration, number)) for number in missing]
    run(tasks, jobs, keep, configuration.folders())
    return [Lessons.load(path, made_from) for path in paths]


def play_lessons(environment: PowRLEnvironment, settings: ImitationSettings, seed: int) -> Lessons:
    """One episode of the teacher: it plays what the simulation finds best, and at times not.

    Parameters
    ----------
    seed:
        Fixes the scenario, the opponent and the exploration.
    """
    random = np.random.default_rng(seed)
    seen, ranks, rewards, discounts = [], [], [], []
    features, info = environment.reset(seed=seed)
    ended = False
    while not ended:
        rank = environment.ranks()
        choice = _choice(rank, settings, random)
        seen.append(features)
        ranks.append(rank)
        features, reward, ended, _, info = environment.step(choice)
        rewards.append(reward)
        discounts.append(environment.gamma ** info["passed"])
    returns = discounted_returns(np.array(rewards), np.array(discounts))
    return Lessons(
        np.array(seen), np.array(ranks, dtype=np.float32), returns, str(info["scenario"])
    )


def _choice(rank: np.ndarray, settings: ImitationSettings, random: np.random.Generator) -> int:
    """The best action, or at times one of the best; 0 where every one ends the episode."""
    best = np.argsort(rank, kind="stable")[: settings.tried]
    # what is worse than doing nothing the overload manager would not play
    best = best[np.isfinite(rank[best]) & (rank[best] <= rank[0])]
    explores = random.random() < settings.exploration
    if not len(best):
        return 0
    return int(random.choice(best) if explores else best[0])


def _record(configuration: Configuration, number: int) -> Lessons:
    seeds = np.random.SeedSequence([configuration.training.seed, number])
    environment = worker_environment(configuration)
    seed = int(seeds.generate_state(1)[0]) % 2**31
    return play_lessons(environment, configuration.imitation, seed)


def lessons_digest(configuration: Configuration) -> str:
    """A digest of all that lessons depend on, the content of the action file included."""
    facts = configuration.model_dump(
        mode="json",
        include={
            **dict.fromkeys(("environment", "engine", "observation", "overload", "reward"), True),
            "scenarios": {"train"},
            "imitation": {"exploration", "tried"},
            "training": {"seed", "gamma", "attacked_lines", "redispatch"},
        },
    )
    plugins = list(configuration.runtime_plugins())
    if facts["reward"]["function"] is None:
        del facts["reward"]["function"]  # lessons from before there was one stay what they are
    else:
        plugins.append(facts["reward"]["function"])
    if configuration.training.opponent is not None:
        facts["training"]["opponent"] = configuration.training.opponent
        plugins.append(configuration.training.opponent)
    if plugins:
        sources = plugin_sources(plugins, configuration.plugin_folders())
        facts["plugins"] = {name: sources[name].decode("utf-8") for name in sources}
    actions = configuration.actions
    facts["actions"] = actions if actions == "unitary" else read_text(Path(actions))
    return digest_of_json(facts)
