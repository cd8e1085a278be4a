from __future__ import annotations

from pathlib import Path

from tests.agents import make_agent_folder
from tests.cli.conftest import Run

CASE14 = "rte_case14_realistic"
QUICK = ("--scenarios", "001", "--seeds", "1", "--max-steps", "3", "--jobs", "1")


def test_runs_are_compared_continued_and_scored_again(powrl: Run, tmp_path: Path) -> None:
    agent = make_agent_folder(tmp_path / "mine", CASE14)
    code, shown, _ = powrl("score", f"first={agent}", *QUICK, "--no-baselines", "--output", "one")
    assert code == 0
    assert "first[policy=false] plays to show what training adds to first" in shown
    assert "Training adds +0.0 points: first minus first[policy=false]" in " ".join(shown.split())
    assert "DoNothing" not in shown
    idle = "idle=tests.scoring.foreign:make_idle"
    code, shown, _ = powrl("score", idle, "--environment", CASE14, *QUICK, "--output", "two")
    assert code == 0
    code, shown, _ = powrl("compare", "one", "two", "--output", "both [/b]")
    assert code == 0
    assert "Points lost to the reference" in shown
    assert "both [/b]/report.html" in shown
    report = (tmp_path / "both [/b]" / "report.html").read_text(encoding="utf-8")
    assert "<td>first</td>" in report
    assert "lost to blackouts" in report
    code, shown, _ = powrl(
        "score", "--rescore", "both [/b]", "--cost-units", "2020", "--output", "then"
    )
    assert code == 0
    assert "steps counted as hours" in shown
    assert powrl("compare", "one")[2].startswith("powrl: name two or more runs")
