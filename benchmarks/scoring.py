"""How much faster ``powrl score`` is than grid2op's score class called by hand.

    python -m benchmarks.scoring --data DIR/l2rpn_neurips_2020_track1_val
    python -m benchmarks.scoring --data FOLDER --episodes 2 --ingestion --agent ZIP

Both score the agent, doing nothing and reconnecting lines on the same episodes with the same seeds,
the reference runs included. grid2op's class gets all episodes at once, in this process, which has
everything imported; ``powrl score`` is run as a command with an empty cache, from its start to its
report. The scores must be the same. With ``--ingestion`` an agent is made as the ingestion programs
of the competitions do it: on a template environment of grid2op's default backend whose time series
never change, one agent for all episodes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import grid2op
import typer
from grid2op.Agent import RecoPowerlineAgent
from grid2op.Chronics import ChangeNothing
from grid2op.Opponent import get_kwargs_no_opponent
from lightsim2grid import LightSimBackend
from rich.console import Console

from benchmarks.machine import describe_machine
from powrl.editions.editions import edition_of
from powrl.environments.episodes import numbered_seed
from powrl.environments.opening import Scenarios
from powrl.scoring.contestants.parsing import parse_contestants

RECONNECTING = "benchmarks.scoring:make_agent"

Scores = dict[tuple[str, str], tuple[float, int]]
"""Agent and scenario -> score and steps."""

console = Console(soft_wrap=True)


def make_agent(environment: Any, _folder: str) -> RecoPowerlineAgent:
    """An agent that takes next to no time, so that it is the scoring that is timed."""
    return RecoPowerlineAgent(environment.action_space)


def by_hand(
    data: Path, names: list[str], max_steps: int, agent: str, ingestion: bool, folder: Path
) -> Scores:
    """What the class of `data`'s edition says, called as its documentation does."""
    copy = folder / data.name
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("chronics", "_statistics*"))
    for name in names:
        shutil.copytree(data / "chronics" / name, copy / "chronics" / name)
    everything = sorted(path.name for path in (data / "chronics").iterdir())
    seeds = [numbered_seed(0, everything.index(name)) for name in names]
    environment = grid2op.make(str(copy), backend=LightSimBackend())
    edition = edition_of(data.name)
    official = edition.score_class(
        environment,
        env_seeds=seeds,
        agent_seeds=seeds,
        nb_scenario=len(names),
        max_step=max_steps,
    )
    template = environment
    if ingestion:
        template = grid2op.make(str(copy), chronics_class=ChangeNothing, **get_kwargs_no_opponent())
    results: Scores = {}
    for number, contestant in enumerate(parse_contestants([agent])):
        scenarios = Scenarios(data.name, copy)
        with contestant.open(scenarios, folder / str(number)) as ready:
            scores, steps, *_ = official.get(ready.make(template))
        for name, score, survived in zip(names, scores, steps, strict=True):
            total = score[0] if edition.parts else score  # followed by its parts
            results[contestant.name, name] = (float(total), int(survived))
    if template is not environment:
        template.close()
    environment.close()
    return results


def by_powrl(
    data: Path, names: list[str], max_steps: int, agent: str, jobs: int, folder: Path
) -> Scores:
    """What the command says."""
    command = [sys.executable, "-m", "powrl", "score", agent, "--data", str(data)]
    command += ["--scenarios", "|".join(map(re.escape, names)), "--seeds", "1", "--no-untrained"]
    command += ["--jobs", str(jobs), "--output", str(folder / "run")]
    if max_steps > 0:
        command += ["--max-steps", str(max_steps)]
    environment = {**os.environ, "POWRL_CACHE": str(folder / "cache")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    lines = (folder / "run" / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        (record["agent"], record["scenario"]): (record["score"], record["steps"])
        for record in map(json.loads, lines)
    }


def main(
    data: Path = typer.Option(..., help="The environment folder to score on."),
    agent: str = typer.Option(RECONNECTING, help="What powrl score takes; it must decide alike."),
    episodes: int = typer.Option(8, help="How many scenarios, the first by name."),
    max_steps: int = typer.Option(-1, help="End episodes after so many steps."),
    jobs: int = typer.Option(2, help="Processes of powrl score."),
    ingestion: bool = typer.Option(False, "--ingestion", help="Make the agent as a server does."),
) -> None:
    """Measure both, one after the other; takes some minutes."""
    logging.disable(logging.WARNING)
    names = sorted(path.name for path in (data / "chronics").iterdir())[:episodes]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start, start_cpu = time.perf_counter(), time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = by_hand(data, names, max_steps, agent, ingestion, folder / "by hand")
        slow, slow_cpu = time.perf_counter() - start, time.process_time() - start_cpu
        start, start_cpu = time.perf_counter(), _cpu_of_children()
        results = by_powrl(data, names, max_steps, agent, jobs, folder)
        fast, fast_cpu = time.perf_counter() - start, _cpu_of_children() - start_cpu
    if results != expected:
        raise SystemExit(f"the scores differ: {results} is not {expected}")
    console.print(describe_machine())
    console.print(f"{len(names)} episodes, {agent}, {jobs} processes; all scores are the same:")
    for (name, scenario), (score, _) in results.items():
        console.print(f"{name}, {scenario}: {score!r}")
    console.print("| | grid2op by hand | powrl score | faster |\n|---|---|---|---|")
    console.print(f"| wall time | {slow:.1f} s | {fast:.1f} s | {slow / fast:.1f} x |")
    console.print(
        f"| CPU time | {slow_cpu:.1f} s | {fast_cpu:.1f} s | {slow_cpu / fast_cpu:.1f} x |"
    )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    typer.run(main)
