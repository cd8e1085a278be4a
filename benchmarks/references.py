"""Compare the references that ``powrl score`` steps itself with those of grid2op, bit for bit.

    python -m benchmarks.references --data DIR/l2rpn_neurips_2020_track1_val

For each episode grid2op's score class is called by hand, and once more as ``powrl score`` calls it:
all that a score is made from must be the same, every float32 of every step included. The row of an
episode is there as soon as it is compared.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import typer
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.markdown import head, row
from powrl.environments.opening import Scenarios
from powrl.parallel.run import run
from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.official import compute_references, copy_environment
from powrl.scoring.planning import plan_contest
from tests.oracle.score_references import as_array, by_grid2op, differing, references


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
        names = [column.name for column in fields(self)]
        return Tally(*(getattr(self, name) + getattr(other, name) for name in names))


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
        stepped, end = references(copy), time.process_time()
    arrays = {
        name: as_array(content) for name, content in expected.items() if name.endswith(".npz")
    }
    loads = [array for name, array in arrays.items() if name.endswith("obs_load_p.npz")]
    different = differing(expected, stepped)
    return (
        Tally(
            references=len(loads),
            steps=sum(len(array) - 1 for array in loads),
            game_over=sum(not array[-1].any() for array in loads),
            left_to_grid2op=bool(refusals),
            floats=sum(array.size for array in arrays.values()),
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
    jobs: int = typer.Option(2, min=1, help="Processes."),
) -> None:
    """Compare the references of all episodes; exit code 1 where some differ."""
    console = Console(soft_wrap=True)
    scenarios = Scenarios(data.name, data, names)
    contest = plan_contest(scenarios, (), range(seeds), max_steps or None)
    console.print(describe_machine())
    heads = ["scenarios", "episodes", *(column.name.replace("_", " ") for column in fields(Tally))]
    console.print(head(*heads))
    tallies: list[Tally] = []
    differences: list[str] = []

    def show(number: int, compared: tuple[Tally, set[str]]) -> None:
        episode, (tally, different) = contest.episodes[number], compared
        name = f"{episode.scenario}, seed {episode.seed}"
        tallies.append(tally)
        differences.extend(f"{name}: {file} differs" for file in sorted(different))
        console.print(_row(name, 1, tally))

    run([partial(compare_episode, contest, episode) for episode in contest.episodes], jobs, show)
    total = sum(tallies, Tally())
    console.print(_row(f"{data.name}, {names}", len(tallies), total))
    for difference in differences:
        console.print(difference)
    sys.exit(1 if total.different else 0)


def _row(name: str, episodes: int, tally: Tally) -> str:
    values = [getattr(tally, column.name) for column in fields(Tally)]
    cells = [f"{value:.0f} s" if isinstance(value, float) else f"{value:,}" for value in values]
    return row(name, f"{episodes:,}", *cells)


if __name__ == "__main__":
    typer.run(main)
