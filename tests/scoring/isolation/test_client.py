"""Tasks in processes of their own: their outcomes, their limits, and who else is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from powrl.scoring.isolation.client import Outcome, Task, run_isolated
from powrl.scoring.isolation.order import Limits
from tests.scoring.isolation import calls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")


def run(folder: Path, *called: tuple[Callable[..., Any], Any]) -> dict[str, Outcome]:
    """The outcome of each call, by the name of its function."""
    tasks = []
    for number, (function, *arguments) in enumerate(called):
        own = folder / str(number)
        own.mkdir(parents=True)
        values = tuple(str(own) if argument == "OWN" else argument for argument in arguments)
        tasks.append(Task(function, values, own, (folder,)))
    outcomes = run_isolated(tasks, 2, Limits(decision=1.0, episode=4.0))
    return {outcome.task.function.__name__: outcome for outcome in outcomes}


def test_each_task_ends_for_itself(tmp_path: Path) -> None:
    outcomes = run(
        tmp_path / "tasks",
        (calls.end_the_server,),
        (calls.add, 1, 2),
        (calls.refuse,),
        (calls.fail,),
        (calls.abort,),
        (calls.sleep, True),
        (calls.write, str(tmp_path / "tasks" / "of others")),
        (calls.replace_the_result, "OWN"),
        (calls.forge_the_result, "OWN"),
        (calls.speak,),
    )
    assert (outcomes["add"].result, outcomes["add"].failure) == (3, "")
    expected = {
        "end_the_server": "it has ended the process that watches it",
        "refuse": "this is for another grid.",
        "fail": "KeyError: 'line'",
        "abort": "its process was ended by signal 6 (Aborted)",
        "sleep": "it had not answered after 1 s (--decision-timeout)",
        "write": f"PermissionError: an agent may not write {tmp_path / 'tasks' / 'of others'}",
        "replace_the_result": "its process ended early (exit code 0)",
        "forge_the_result": "its process ended early (exit code 0)",
    }
    assert {name: outcomes[name].failure for name in expected} == expected
    spoken = (outcomes["speak"].task.folder / "output.txt").read_text(encoding="utf-8")
    assert sorted(spoken.splitlines()) == ["from a child", "to stderr", "to stdout"]
    assert [name for name, outcome in outcomes.items() if outcome.is_sentence] == ["refuse"]


def test_a_task_has_a_limit_as_a_whole(tmp_path: Path) -> None:
    (outcome,) = run(tmp_path, (calls.sleep, False)).values()
    assert outcome.failure == "it had not ended after 4 s (--episode-timeout)"
