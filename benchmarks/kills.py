"""Kill runs at random moments with SIGKILL, go on with them, and compare them with whole ones.

    python -m benchmarks.kills --rounds 10
    python -m benchmarks.kills --only tune --rounds 1 --seed 3

In each round a command runs in a process of its own, which is killed at a moment that is drawn
between the first file by which it can go on and its end; a run that ended before is played again.
Every second round kills the run that goes on, too. The run that ends has to leave the same results
as one that nothing disturbed: scores, action sets and tables, curves and policies, trials. The
commands are small: they show that nothing is lost, and say nothing about agents.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console

from benchmarks.command import run_command
from powrl.cli.main import main as powrl_main
from powrl.errors import PowrlError
from powrl.workspace.cache import CACHE_VARIABLE

SMALL = (
    "--set=environment=l2rpn_case14_sandbox",
    "--set=scenarios.train.names='0000'",
    "--set=scenarios.validation.names='0001'",
    "--set=overload.critical_rho=0.85",
    "--set=observation=[line_load]",
    "--set=training.episodes=1",
    "--set=training.batch_size=8",
    "--set=training.layers=[8]",
    "--set=training.checkpoint_every=1",
)
SPACE = "--set=tuning.space={training.n_epochs: {low: 1, high: 4}}"
POLL = 0.005
"""Seconds between two looks at a run folder."""
MOST_DRAWS = 10
"""Runs of a round until one is killed before it ends."""
TIMINGS = {
    "seconds_per_decision",
    "slowest_decision",
    "ms_per_decision",
    "slowest_ms",
    "command",
    "seal",
}
"""Keys of results that no two runs share."""

console = Console(soft_wrap=True)


@dataclass(frozen=True)
class Subject:
    """A command that is killed.

    Attributes
    ----------
    arguments:
        Of ``powrl``, without the run folder.
    begun:
        Pattern of the file from which on a run can go on.
    results:
        Patterns of the files that have to be alike, whatever happened before.
    """

    arguments: tuple[str, ...]
    begun: str
    results: tuple[str, ...]


SUBJECTS = {
    "score": Subject(
        (
            *("score", "l2rpn_case14_sandbox/powrl", "--no-untrained", "--jobs=1"),
            *("--scenarios=000[01]", "--seeds=2", "--max-steps=40"),
        ),
        "contest.json",
        ("scores.json",),
    ),
    "reduce": Subject(
        ("reduce", "rte_case14_realistic", "--states=2", "--sizes=5", "--jobs=1"),
        "settings.yaml",
        ("actions-*.json", "table.csv"),
    ),
    "train": Subject(
        ("train", "case14", *SMALL, "--timesteps=100", "--jobs=1"),
        "checkpoint-*.pt",
        ("curve.jsonl", "agent/policy.npz", "agent/agent.json"),
    ),
    "tune": Subject(
        ("tune", "case14", *SMALL, "--set=training.timesteps=20", SPACE, "--trials=2", "--jobs=1"),
        "study.db",
        ("trials.csv", "trials/*/curve.jsonl", "agent/policy.npz", "agent/agent.json"),
    ),
}


def start(arguments: tuple[str, ...], cache: Path) -> int:
    """Run a command of ``powrl`` in a process of its own, which has imported all before."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setsid()
        os.environ[CACHE_VARIABLE] = str(cache)
        sys.argv = ["powrl", *arguments]
        nothing = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until its end
        with redirect_stdout(nothing), redirect_stderr(nothing):
            powrl_main()
        code = 0
    except SystemExit as ending:
        code = int(ending.code or 0)
    finally:
        os._exit(code)


def run(
    arguments: tuple[str, ...], folder: Path, begun: str, kill_after: float = math.inf
) -> float:
    """Run a command; the seconds from its beginning to its end, or NaN where it was killed.

    Each folder has a cache of its own, so that all is computed in each round.

    Parameters
    ----------
    begun:
        Pattern of the file that tells that it has begun.
    kill_after:
        Seconds from its beginning on after which it is killed.

    Raises
    ------
    PowrlError
        It failed by itself.
    """
    process = start(arguments, folder.with_name(f"{folder.name}-cache"))
    beginning = math.inf
    while not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        now = time.perf_counter()
        if beginning == math.inf and any(folder.glob(begun)):
            beginning = now
        if now - beginning >= kill_after:
            os.kill(process, signal.SIGKILL)
            break
        time.sleep(POLL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code == -signal.SIGKILL:
        return math.nan
    if code:
        raise PowrlError(f"powrl {' '.join(arguments)} ended with {code}.")
    return time.perf_counter() - beginning


def results_of(folder: Path, subject: Subject) -> dict[str, Any]:
    """The results of a run by the names of their files."""
    paths = sorted(path for pattern in subject.results for path in folder.glob(pattern))
    return {str(path.relative_to(folder)): _content(path) for path in paths}


def rounds_of(name: str, rounds: int, random: np.random.Generator, home: Path) -> Iterator[str]:
    """Kill a command in each round: what came of it, as a sentence."""
    subject = SUBJECTS[name]
    whole = home / f"{name}-whole"
    seconds = run((*subject.arguments, f"--output={whole}"), whole, subject.begun)
    expected = results_of(whole, subject)
    assert expected, f"{name} has no results"
    for number in range(rounds):
        folder, first = kill_run(subject, home / f"{name}-{number}", seconds, random)
        n_files = len(list(folder.rglob("*")))
        again = (subject.arguments[0], f"--resume={folder}", "--jobs=1")
        kills = 1
        if number % 2:
            second = random.uniform(0, seconds - first)
            kills += math.isnan(run(again, folder, subject.begun, second))
        run(again, folder, subject.begun)
        results = results_of(folder, subject)
        different = [
            file for file in {**expected, **results} if different_in(file, expected, results)
        ]
        outcome = f"differs in {', '.join(different)}" if different else "equal"
        yield (
            f"{name} {number}: {kills} kills, the first after {first:.1f} of {seconds:.1f} s, with "
            f"{n_files} files: {outcome}"
        )


def kill_run(
    subject: Subject, folder: Path, seconds: float, random: np.random.Generator
) -> tuple[Path, float]:
    """The folder of a run that was killed, and the seconds after which it was.

    Raises
    ------
    PowrlError
        All runs ended before.
    """
    for _ in range(MOST_DRAWS):
        after = random.uniform(0, seconds)
        if math.isnan(
            run((*subject.arguments, f"--output={folder}"), folder, subject.begun, after)
        ):
            return folder, after
        shutil.rmtree(folder)
        shutil.rmtree(folder.with_name(f"{folder.name}-cache"), ignore_errors=True)
    raise PowrlError(f"powrl {subject.arguments[0]} ended before each of {MOST_DRAWS} kills.")


def different_in(file: str, expected: dict[str, Any], results: dict[str, Any]) -> bool:
    """Whether one side lacks a file, or has another content."""
    return file not in expected or file not in results or expected[file] != results[file]


def main(
    rounds: int = typer.Option(10, min=1, help="Rounds of each command."),
    only: list[str] = typer.Option([], help=f"One or more of {', '.join(SUBJECTS)}."),
    seed: int = typer.Option(0, min=0, help="Draws the moments."),
) -> None:
    """Kill runs and compare what comes of them."""
    unknown = set(only) - set(SUBJECTS)
    if unknown:
        raise PowrlError(f"there is no {', '.join(unknown)}; choose of {', '.join(SUBJECTS)}.")
    _import_all()
    with tempfile.TemporaryDirectory() as home:
        sentences = [
            rounds_of(name, rounds, np.random.default_rng([seed, number]), Path(home))
            for number, name in enumerate(SUBJECTS)
            if not only or name in only
        ]
        differs = False
        for _ in range(rounds):
            for sentence in filter(None, (next(part, None) for part in sentences)):
                console.print(sentence, highlight=False)
                sys.stdout.flush()
                differs |= "differs" in sentence
    if differs:
        raise PowrlError("a run that was killed has other results than a whole one.")


def _content(path: Path) -> Any:
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: arrays[name].tobytes() for name in arrays.files}
    text = path.read_text("utf-8")
    return _without_timings(json.loads(text)) if path.name == "scores.json" else text


def _without_timings(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_timings(part) for key, part in value.items() if key not in TIMINGS}
    return list(map(_without_timings, value)) if isinstance(value, list) else value


def _import_all() -> None:
    """Import what the commands need, once for all of them."""
    import powrl.learning.algorithms.maskable_ppo
    import powrl.learning.tuning.functions
    import powrl.reduction.functions
    import powrl.reduction.report
    import powrl.scoring.run
    import powrl.scoring.scoring_run  # noqa: F401


if __name__ == "__main__":
    run_command(main, "kills")
