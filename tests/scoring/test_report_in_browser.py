"""The report in a real browser: tables sort and filter, and fit a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import AgentFolder, Baseline
from powrl.scoring.report import html_report
from powrl.scoring.results import EpisodeScore
from powrl.scoring.scoring_result import ScoringResult
from tests.scoring.recordings import a_recording

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    agents = (AgentFolder("mine", Path("mine")), Baseline("DoNothing"), Baseline("RecoPowerline"))
    scenarios = {f"a_scenario_with_a_long_name_{number}": number for number in range(3)}
    contest = Contest("grid", Path("grid"), scenarios, agents, (0,))
    episodes = [
        EpisodeScore(agent.name, name, 0, 9.5 * number, 60, 100, 0.001, 1.2)
        for agent in agents
        for name, number in scenarios.items()
    ]
    overloaded = a_recording(rho=np.full((61, 3), 110, dtype=np.uint8))
    recordings = {("mine", name, 0): overloaded for name in scenarios}
    result = ScoringResult.from_episodes(contest, episodes, "data", {}, "powrl score " + "x" * 200)
    file = tmp_path / "report.html"
    file.write_text(html_report(result, b"", recordings, "replay.html"), encoding="utf-8")
    page, errors = browser.new_page(viewport=PHONE), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    yield page
    assert errors == []
    page.close()


def test_it_fits_a_phone(opened: Any) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_tables_sort_and_filter(opened: Any) -> None:
    table = opened.locator("table", has_text="each episode of each agent")

    def scores() -> list[float]:
        rows = table.locator("tbody").inner_text().splitlines()
        return [float(row.split("\t")[3]) for row in rows]

    def visible() -> int:
        return int(table.locator("tbody tr:visible").count())

    table.locator("th button", has_text="score").click()
    assert scores() == sorted(scores())
    table.locator("th button", has_text="score").click()
    assert scores() == sorted(scores(), reverse=True)
    field = opened.locator("input[aria-label^='filter the rows: each episode']")
    field.fill("mine name_2")
    assert visible() == 1
    field.fill("")
    assert visible() == 9


def test_episodes_lead_to_their_last_step_in_the_replay(opened: Any) -> None:
    links = opened.locator("a").evaluate_all("all => all.map(e => e.getAttribute('href'))")
    assert links[0] == "replay.html"
    assert "replay.html#scenario=a_scenario_with_a_long_name_1&seed=0&step=59" in links
