"""Play the same episodes on grid2op and on the episode stepper, and compare every step.

    python -m benchmarks.parity --data DIR

DIR holds the environment folders that `COURSES` names. `tests.oracle` plays and compares them:
loads must agree within its `TOLERANCE`, all else exactly. Some courses lower the thermal limits, so
that protections open lines. Outcomes of random candidates are compared with
``observation.simulate``, too. The row of a course is there as soon as it is played.
"""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.markdown import head, row
from powrl.parallel.run import run
from powrl.testing.comparison import Tally
from tests.oracle.courses import Course, run_course

_OFTEN: dict[str, Any] = {"bundled": True, "remedies": 0.05, "attack_every": 5}
COURSES = (
    Course("rte_case14_realistic", 0.7, 8_000, 0.3, False, "0[0-4]0"),
    Course("rte_case14_realistic", 0.85, 12_000, 0.02, True, "0[0-4]0"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 20_000, 0.0, True, ".*_wk1"),
    Course("l2rpn_neurips_2020_track1_val", 0.75, 15_000, 0.05, True, ".*_wk2"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 8_000, 0.3, False, ".*_wk3"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 12_000, 0.01, True, ".*_wk4", moves=0.1),
    Course("l2rpn_icaps_2021_val", 1.0, 15_000, 0.01, True, ".*_1"),
    Course("l2rpn_icaps_2021_val", 0.7, 8_000, 0.2, False, ".*_2"),
    Course("l2rpn_wcci_2020_train", 0.85, 12_000, 0.02, True, "Scenario_a.*"),
    Course("l2rpn_wcci_2020_test", 1.0, 6_000, 0.3, False),
    Course("l2rpn_wcci_2022_val", 1.0, 8_000, 0.01, True, "2050-0[1-4].*"),
    Course("l2rpn_wcci_2022_val", 0.9, 5_000, 0.3, False, "2050-0[1-4].*"),
    Course("l2rpn_wcci_2022_val", 1.0, 4_000, 0.01, True, "2050-0[1-4].*", moves=0.1),
    Course("rte_case118_example", 1.0, 2_000, 0.2, False, bundled=True),
    Course("l2rpn_wcci_2022_val", 1.0, 16_000, 0.01, True, "2050-0.*", moves=0.05, remedies=0.1),
    Course("l2rpn_wcci_2022_val", 1.0, 8_000, 0.2, False, "2050-1.*", moves=0.1, remedies=0.3),
    Course("l2rpn_idf_2023", 1.0, 12_000, 0.01, True, bundled=True, moves=0.02, remedies=0.1),
    Course("l2rpn_idf_2023_train", 1.0, 12_000, 0.01, True, moves=0.05, remedies=0.1),
    Course("l2rpn_idf_2023", 1.3, 12_000, 0.0, True, **_OFTEN),
)


def main(
    data: Path = typer.Option(..., help="The folder that holds the environment folders."),
    seed: int = typer.Option(0, min=0, help="Seed of scenarios and players."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
    only: str = typer.Option("", help="Regular expression of the environments to play."),
) -> None:
    """Compare the episode stepper with grid2op on all courses; exit code 1 on a mismatch."""
    console = Console(soft_wrap=True)
    console.print(describe_machine())
    columns = [column.name for column in fields(Tally) if column.name != "mismatches"]
    heads = ["course", *(name.replace("_", " ") for name in columns), "mismatches"]
    console.print(head(*heads))
    courses = [course for course in COURSES if re.search(only, course.environment)]
    tallies: list[Tally] = []

    def show(number: int, tally: Tally) -> None:
        tallies.append(tally)
        console.print(_row(_name(courses[number]), columns, tally))

    run([partial(run_course, course, data, seed) for course in courses], jobs, show)
    total = sum(tallies, Tally())
    console.print(_row("all", columns, total))
    for mismatch in total.mismatches:
        console.print(mismatch)
    sys.exit(1 if total.mismatches else 0)


def _name(course: Course) -> str:
    """A course in words."""
    kind = "greedy" if course.greedy else "random"
    kind += ", redispatching" if course.moves else ""
    kind += ", storage and curtailment" if course.remedies else ""
    kind += ", attacks often" if course.attack_every else ""
    return f"{course.environment}, limits x {course.limits}, {kind}"


def _row(name: str, columns: list[str], tally: Tally) -> str:
    values = [getattr(tally, column) for column in columns]
    cells = [f"{value:.0e}" if isinstance(value, float) else f"{value:,}" for value in values]
    return row(name, *cells, str(len(tally.mismatches)))


if __name__ == "__main__":
    typer.run(main)
