"""The rows of the comparison of references with those of grid2op."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import references
from benchmarks.references import Tally


def test_an_episode_has_its_row_before_the_next_one_is_compared(monkeypatch, capsys):
    shown = []

    def compare(contest, episode):  # noqa: ARG001
        shown.append(capsys.readouterr().out)
        different = {"b", "a"} if episode.seed else set()
        return Tally(references=2, different=len(different)), different

    episodes = [SimpleNamespace(scenario="week", seed=seed) for seed in (0, 1)]
    contest = SimpleNamespace(episodes=episodes)
    monkeypatch.setattr(references, "plan_contest", lambda *_: contest)
    monkeypatch.setattr(references, "compare_episode", compare)
    with pytest.raises(SystemExit) as end:
        references.main(Path("grid"), "week", 2, 0, 1)
    assert end.value.code == 1
    assert shown[1] == "| week, seed 0 | 1 | 2 | 0 | 0 | 0 | 0 | 0 | 0 s | 0 s |\n"
    assert capsys.readouterr().out.splitlines() == [
        "| week, seed 1 | 1 | 2 | 0 | 0 | 0 | 0 | 2 | 0 s | 0 s |",
        "| grid, week | 2 | 4 | 0 | 0 | 0 | 0 | 2 | 0 s | 0 s |",
        "week, seed 1: a differs",
        "week, seed 1: b differs",
    ]
