"""How many steps several processes play in a second, as a table and a picture.

Each number of processes has its turn in each round, since other work may be done on the machine:

    python -m benchmarks.speed --data DIR --only scaling --picture FILE

Steps per second of CPU time are those of processes that have a core each, whatever else runs.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from joblib import cpu_count
from matplotlib.figure import Figure

from benchmarks.floors import engine_without_attacks, play
from benchmarks.markdown import head, row
from powrl.environments.backend import with_read_grids
from powrl.environments.opening import Scenarios
from powrl.parallel.run import results_of

EPISODES_EACH, STEPS, ROUNDS = 2, 10_000, 3
"""Tasks of each process, steps of each, and turns of each number of processes."""
# of Okabe and Ito, told apart by colour-blind readers
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


class Rate(NamedTuple):
    """Steps of all processes together.

    Attributes
    ----------
    by_clock, by_cpu:
        Steps per second, and per second of CPU time times the number of processes.
    """

    by_clock: float
    by_cpu: float


Rates = Mapping[int, Rate]
"""The rate of each number of processes."""


def numbers_of_processes() -> list[int]:
    """One, twice as many and so on, up to twice as many as there are cores."""
    return [2**power for power in range(int(np.log2(cpu_count())) + 2)]


def rates(all_scenarios: Sequence[Scenarios]) -> dict[str, dict[int, Rate]]:
    """Medians over turns of each number of processes, for each environment."""
    for scenarios in all_scenarios:
        engine_without_attacks(scenarios).close()  # its grid travels with the tasks
    numbers = numbers_of_processes()
    turns: dict[tuple[str, int], list[Rate]] = {}
    for _ in range(ROUNDS):
        for jobs in numbers:  # another number starts other processes
            for scenarios in all_scenarios:
                _rate(scenarios, jobs, jobs, 1)
                rate = _rate(scenarios, jobs, EPISODES_EACH * jobs, STEPS)
                turns.setdefault((scenarios.environment, jobs), []).append(rate)
    return {
        scenarios.environment: {
            jobs: Rate(*np.median(turns[scenarios.environment, jobs], axis=0).tolist())
            for jobs in numbers
        }
        for scenarios in all_scenarios
    }


def _rate(scenarios: Scenarios, jobs: int, tasks: int, steps: int) -> Rate:
    started = time.perf_counter()
    played = results_of(
        [with_read_grids(partial(play_alone, scenarios, seed, steps)) for seed in range(tasks)],
        jobs,
    )
    seconds = time.perf_counter() - started
    total, cpu = np.sum(played, axis=0)
    return Rate(total / seconds, jobs * total / cpu)


def rows(all_rates: Mapping[str, Rates]) -> Iterator[str]:
    """The table as lines of Markdown."""
    yield "\n" + head(
        *("scaling of doing nothing", "processes", "steps per s", "times one process"),
        "by CPU time",
    )
    for name, speeds in all_rates.items():
        for jobs, (by_clock, by_cpu) in speeds.items():
            ratios = by_clock / speeds[1].by_clock, by_cpu / speeds[1].by_cpu
            yield row(name, str(jobs), f"{by_clock:,.0f}", *(f"{ratio:.2f}" for ratio in ratios))


def picture(all_rates: Mapping[str, Rates]) -> bytes:
    """Draw the rates as times those of one process.

    Returns
    -------
    bytes
        A PNG file.
    """
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    numbers = numbers_of_processes()
    titles = ("by the clock", "by CPU time: with a core for each process")
    for place, (title, axes) in enumerate(
        zip(titles, figure.subplots(1, 2, sharey=True), strict=True)
    ):
        axes.plot(numbers, numbers, color="#A0A0A0", linestyle="--", label="as many times")
        for (name, speeds), colour in zip(all_rates.items(), _COLOURS, strict=False):
            ratios = [rate[place] / speeds[1][place] for rate in speeds.values()]
            axes.plot(list(speeds), ratios, color=colour, marker="o", label=name)
        axes.set_title(title, fontsize=10)
        axes.set_xticks(numbers)
        axes.set_ylim(0)
        axes.set_xlabel("processes")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#DDDDDD", linewidth=0.8)
    figure.axes[0].set_ylabel("steps per second, times one process")
    figure.axes[0].legend(frameon=False, fontsize=8)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()


_engines: dict[str, Any] = {}


def play_alone(scenarios: Scenarios, seed: int, steps: int) -> tuple[int, float]:
    """Play in this process, which keeps its engine open: steps, and seconds of CPU time."""
    if scenarios.environment not in _engines:
        _engines[scenarios.environment] = engine_without_attacks(scenarios)
    started = time.process_time()
    played = play(_engines[scenarios.environment], seed, steps)
    return played, time.process_time() - started
