"""Compare the references that ``powrl score`` steps itself with those of grid2op, bit for bit.

    python -m benchmarks.references --data DIR/l2rpn_neurips_2020_track1_val

For each episode grid2op's score class is called by hand, and once more as ``powrl score`` calls it:
all that a score is made from must be the same, every float32 of every step included.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import grid2op
import numpy as np
import typer
from joblib import Parallel, delayed
from lightsim2grid import LightSimBackend
from rich.console import Console

from benchmarks.machine import describe_machine
from powrl.editions.editions import CostUnits
from powrl.environments.opening import Scenarios
from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.official import compute_references, copy_environment
from powrl.scoring.planning import plan_contest
from powrl.scoring.references import drop_unneeded


@dataclass
class Tally:
    """What was compared, over episodes.

    Attributes
    ----------
    references, steps, game_over:
        Runs, their steps, and those that ended before their scenario did.
    left_to_grid2op:
        Episodes in which powrl left some reference to grid2op.
    floats:
        Numbers compared.
    different:
        Files that are not the same.
    cpu_grid2op, cpu_powrl:
        CPU time of both (s).
    """

    references: int = 0
    steps: int = 0
    game_over: int = 0
    left_to_grid2op: int = 0
    floats: int = 0
    different: int = 0
    cpu_grid2op: float = 0.0
    cpu_powrl: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        names = [each.name for each in fields(self)]
        return Tally(*(getattr(self, name) + getattr(other, name) for name in names))


def by_grid2op(contest: Contest, episode: PlannedEpisode, folder: Path) -> None:
    """Have a score class compute its references in a private copy, as its documentation does."""
    seed = contest.episode_seed(episode.seed, episode.scenario)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = grid2op.make(str(folder), backend=LightSimBackend())
        contest.edition.score_class(contest.cost_units)(
            environment,
            env_seeds=[seed],
            agent_seeds=[seed],
            nb_scenario=1,
            max_step=contest.max_steps or -1,
        )
        environment.close()


def references(folder: Path) -> dict[str, Any]:
    """What a score is made from: arrays, facts and other files, by name.

    Of arrays it is type, shape and bytes, so that ``-0.0`` is not ``0.0``.
    """
    drop_unneeded(folder)
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("_statistics*/*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".npz":
            with np.load(path) as content:
                array = content["data"]
            found[name] = (array.dtype.str, array.shape, array.tobytes())
        else:
            text = path.read_text(encoding="utf-8")
            found[name] = json.loads(text) if path.suffix == ".json" else text
    return found


def as_array(content: tuple[str, tuple[int, ...], bytes]) -> np.ndarray:
    """An array that `references` found."""
    kind, shape, values = content
    return np.frombuffer(values, dtype=kind).reshape(shape)


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Names of the files that are not the same in both, or that one lacks."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def compare_episode(contest: Contest, episode: PlannedEpisode) -> tuple[Tally, set[str]]:
    """Make an episode's references both ways: what was compared, and what differed."""
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary) / "copy"  # the place is one of the facts that are compared
        start = time.process_time()
        copy = copy_environment(contest, episode, parent)
        by_grid2op(contest, episode, copy)
        expected, between = references(copy), time.process_time()
        shutil.rmtree(parent)
        copy = copy_environment(contest, episode, parent)
        refusals = compute_references(contest, episode, copy)
        found, end = references(copy), time.process_time()
    arrays = {name: as_array(each) for name, each in expected.items() if name.endswith(".npz")}
    loads = [array for name, array in arrays.items() if name.endswith("obs_load_p.npz")]
    different = differing(expected, found)
    return (
        Tally(
            references=len(loads),
            steps=sum(len(each) - 1 for each in loads),
            game_over=sum(not each[-1].any() for each in loads),
            left_to_grid2op=bool(refusals),
            floats=sum(each.size for each in arrays.values()),
            different=len(different),
            cpu_grid2op=between - start,
            cpu_powrl=end - between,
        ),
        different,
    )


def main(
    data: Path = typer.Option(..., help="The environment folder to score on."),
    names: str = typer.Option(".*_wk[12]", help="Regular expression of the scenarios."),
    seeds: int = typer.Option(1, min=1, help="How many seeds."),
    max_steps: int = typer.Option(0, min=0, help="End episodes after so many steps; 0: do not."),
    cost_units: CostUnits = typer.Option(CostUnits.NOW.value, help="Of the score."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
) -> None:
    """Compare the references of all episodes; exit code 1 where some differ."""
    console = Console(soft_wrap=True)
    scenarios = Scenarios(data.name, data, names)
    contest = plan_contest(scenarios, (), range(seeds), max_steps or None, cost_units=cost_units)
    total, count = Tally(), len(contest.episodes)
    compared = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(compare_episode)(contest, episode) for episode in contest.episodes
    )
    for episode, (tally, different) in zip(contest.episodes, compared, strict=True):
        total += tally
        for name in sorted(different):
            console.print(f"{episode.scenario}, seed {episode.seed}: {name} differs")
    console.print(describe_machine())
    heads = ["scenarios", "episodes", *(each.name.replace("_", " ") for each in fields(Tally))]
    console.print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    values = [getattr(total, each.name) for each in fields(Tally)]
    cells = [f"{value:.0f} s" if isinstance(value, float) else f"{value:,}" for value in values]
    console.print(f"| {' | '.join([f'{data.name}, {names}', f'{count:,}', *cells])} |")
    sys.exit(1 if total.different else 0)


if __name__ == "__main__":
    typer.run(main)
