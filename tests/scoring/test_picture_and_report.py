from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from rich.console import Console

from powrl.editions.editions import EDITIONS
from powrl.scoring import picture, report
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import AgentFolder, Baseline
from powrl.scoring.picture import survival_picture
from powrl.scoring.report import html_report, scores_table
from powrl.scoring.results import LOWEST_SCORE, EpisodeScore
from powrl.scoring.scoring_result import ScoringResult
from powrl.scoring.terminal_table import terminal_tables
from powrl.scoring.timeline import timeline_picture
from tests.scoring.recordings import a_recording

SCENARIOS = ("scenario 1", "scenario 2")


def a_contest(scenarios: tuple[str, ...] = SCENARIOS) -> Contest:
    return Contest(
        environment="grid",
        folder=Path("grid"),
        scenarios={name: number for number, name in enumerate(scenarios)},
        contestants=(
            AgentFolder("<b>mine</b>", Path("mine")),
            Baseline("DoNothing"),
            Baseline("RecoPowerline"),
        ),
        seeds=(0, 1),
    )


def its_episodes(contest: Contest, my_steps: int = 100) -> list[EpisodeScore]:
    return [
        EpisodeScore(
            agent=contestant.name,
            scenario=scenario,
            seed=seed,
            score=80.0 if contestant.file else 0.0,
            steps=my_steps if contestant.file else 50,
            max_steps=100,
            seconds_per_decision=0.001,
            slowest_decision=1.234,
        )
        for contestant in contest.contestants
        for seed in contest.seeds
        for scenario in contest.scenarios
    ]


def pixels(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png))


def test_picture_shows_survival() -> None:
    contest = a_contest()
    full = survival_picture(contest, its_episodes(contest))
    half = survival_picture(contest, its_episodes(contest, my_steps=50))
    assert pixels(full).shape == pixels(half).shape
    # blue, the colour of the first agent, is the red channel below the blue one
    blue = [
        np.sum(pixels(picture)[..., 2] - pixels(picture)[..., 0] > 0.2) for picture in (full, half)
    ]
    assert blue[0] == pytest.approx(2 * blue[1], rel=0.15)


def test_names_with_dollars_are_drawn_as_they_are() -> None:
    contest = a_contest((r"scenario $\frac$", "scenario 2"))
    contestant = replace(contest.contestants[0], name=r"c$\frac$")
    contest = replace(contest, contestants=(contestant, *contest.contestants[1:]))
    assert survival_picture(contest, its_episodes(contest))
    assert timeline_picture(contestant.name, {r"$\frac$": (a_recording(), 60)})


def test_long_names_of_many_agents_are_drawn_whole() -> None:
    contest = a_contest()
    agents = [
        AgentFolder(f"l2rpn_neurips_2020_track1/search{number}", Path("x")) for number in range(5)
    ]
    contest = replace(contest, contestants=(*agents, *contest.contestants[1:]))
    drawn = pixels(survival_picture(contest, its_episodes(contest)))
    assert (drawn[:, [0, -1]] == 1).all()
    assert (drawn[[0, -1]] == 1).all()


def test_picture_of_very_many_scenarios_is_still_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    contest = a_contest(tuple(f"scenario {number}" for number in range(10)))
    monkeypatch.setattr(picture, "_MAX_PIXELS", 500)
    assert pixels(survival_picture(contest, its_episodes(contest))).shape[0] <= 500


def test_document_holds_what_reproduces_it() -> None:
    contest = a_contest()
    contents = {"mine": "a digest"}
    episodes = its_episodes(contest)
    result = ScoringResult.from_episodes(contest, episodes, "bundled", contents, "powrl score")
    document = result.to_json()
    assert json.loads(json.dumps(document)) is not None
    assert document["episode_seeds"] == {"scenario 1": [0, 1000], "scenario 2": [1, 1001]}
    assert document["versions"]["grid2op"]
    assert (document["command"], document["data"]) == ("powrl score", "bundled")
    assert len(document["episodes"]) == 12
    assert document["episodes"][-1]["episode_seed"] == 1001
    assert "EUR/MWh" in document["score"]["costs"]
    assert [(row["agent"], row["score"], row["source"]) for row in document["agents"]] == [
        ("<b>mine</b>", 80, "mine"),
        ("DoNothing", 0, "DoNothing"),
        ("RecoPowerline", 0, "RecoPowerline"),
    ]
    assert [row["baseline"] for row in document["agents"]] == [False, True, True]
    assert [row["sha256"] for row in document["agents"]] == ["a digest", None, None]
    assert [(row["agent"], row["other"], row["score"]) for row in document["differences"]] == [
        ("<b>mine</b>", "DoNothing", 80),
        ("<b>mine</b>", "RecoPowerline", 80),
    ]


def test_parts_of_a_score_are_shown_and_in_the_table() -> None:
    contest = replace(a_contest(), edition=EDITIONS["icaps2021"])
    episodes = [
        replace(episode, parts={"operation": 77.0, "alarms": -12.3})
        for episode in its_episodes(contest)
    ]
    result = ScoringResult.from_episodes(contest, episodes, "bundled", {}, "powrl score")
    document = result.to_json()
    assert document["agents"][0]["parts"] == {"operation": 77.0, "alarms": -12.3}
    page = html_report(result, b"", {})
    assert '<th scope="col">alarms</th>' in page
    assert "ScoreICAPS2021" in page
    assert page.count(">-12.3<") == 3
    rows = list(csv.DictReader(io.StringIO(scores_table(document))))
    assert len(rows) == 12
    assert (rows[-1]["agent"], rows[-1]["episode_seed"]) == ("RecoPowerline", "1001")
    assert (rows[0]["score"], rows[0]["alarms"]) == ("80.0", "-12.3")


def test_report_is_one_page_that_escapes_names() -> None:
    contest = a_contest(tuple(f"scenario {number}" for number in range(10)))
    command = "powrl score 'a<b'"
    result = ScoringResult.from_episodes(contest, its_episodes(contest), "bundled", {}, command)
    page = html_report(result, b"a picture", {})
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "<b>" not in page
    assert base64.b64encode(b"a picture").decode() in page
    assert "80.0 ± 0.0" in page
    assert "<td>1,234</td>" in page
    assert "+80.0 to +80.0" in page
    assert "EUR/MWh" in page
    assert "src=" not in page.replace('src="data:image/png;base64,', "")
    assert "href=" not in page


def test_report_tells_what_happened() -> None:
    contest = a_contest(("scenario 1",))
    episodes = its_episodes(contest, my_steps=60)
    result = ScoringResult.from_episodes(contest, episodes, "bundled", {}, "c")
    used = np.zeros((60, 3), dtype=bool)
    used[3:8, 1] = True
    happened = a_recording(
        rho=np.full((61, 3), 110, dtype=np.uint8),
        used=used,
        reasons=np.array(["nothing: do nothing"] * 59 + ["remedy: <i>split</i>"]),
    )
    recordings = {("<b>mine</b>", "scenario 1", seed): happened for seed in (0, 1)}
    page = html_report(result, b"", recordings)
    assert "What happened to &lt;b&gt;mine&lt;/b&gt;" in page
    assert "What happened to DoNothing" not in page
    assert page.count("overloaded: &lt;u&gt;a&lt;/u&gt; at 110 %, b at 110 %, c at 110 %") == 2
    assert "60 of 100" in page
    assert "y (10)" in page
    assert "nothing 118, remedy 2" in page


def test_a_single_seed_is_reported_without_spread() -> None:
    contest = Contest("grid", Path("grid"), {"w": 0}, a_contest().contestants, (0,))
    result = ScoringResult.from_episodes(contest, its_episodes(contest), "d", {}, "c")
    page = html_report(result, b"", {})
    assert "80.0</td>" in page
    assert "±" not in page
    assert "1 scenario (d)" in " ".join(page.split())


def test_failed_and_cut_decisions_are_told_where_there_are_any() -> None:
    contest = replace(a_contest(), seeds=(0,))
    episodes = its_episodes(contest)
    assert ScoringResult.from_episodes(contest, episodes, "d", {}, "c").notes == []
    episodes[:2] = [
        replace(episodes[0], failed_decisions=2, cut_decisions=1),
        replace(episodes[1], failed_decisions=3),
    ]
    result = ScoringResult.from_episodes(contest, episodes, "d", {}, "c")
    assert result.notes == [
        "<b>mine</b>: 5 decisions failed, and did nothing instead.",
        "<b>mine</b>: the clock ended 1 decision early.",
    ]
    assert "&lt;b&gt;mine&lt;/b&gt;: 5 decisions failed" in html_report(result, b"", {})
    first = result.to_json()["agents"][0]
    assert (first["failed_decisions"], first["cut_decisions"]) == (5, 1)
    headings = [column.header for table in terminal_tables(result) for column in table.columns]
    assert headings.count("failed") == headings.count("cut") == 1


def test_an_episode_that_failed_has_no_place_in_the_replay() -> None:
    played = EpisodeScore("mine", "march", 0, 12.5, 25, 40, 0.001, 0.01)
    failed = EpisodeScore("mine", "march", 0, -100.0, 0, 40, 0.0, 0.0, failure="it failed")
    place = "replay.html#scenario=march&amp;seed=0&amp;step=24"
    assert place in report._steps(played, "replay.html")
    assert report._steps(failed, "replay.html") == "0 of 40"


def test_a_run_in_which_every_episode_failed_is_told() -> None:
    contest = a_contest()
    failed = {"score": LOWEST_SCORE, "steps": 0, "failure": "the agent failed: KeyError."}
    episodes = [replace(episode, **failed) for episode in its_episodes(contest)]
    result = ScoringResult.from_episodes(contest, episodes, "bundled", {}, "c")
    assert "failed in 4 of 4 episodes" in html_report(result, b"", {})
    assert survival_picture(contest, episodes)
    assert "-100.0" in printed(result, 80)


def printed(result: ScoringResult, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), markup=False)
    for table in terminal_tables(result):
        console.print(table)
    return console.file.getvalue()


def test_numbers_stay_whole_beside_long_names_in_80_columns() -> None:
    contest = replace(a_contest(), edition=EDITIONS["idf2023"])
    name = "l2rpn_idf_2023/an_agent_with_a_name_that_goes_on_and_on_and_on"
    contestant = replace(contest.contestants[0], name=name)
    contest = replace(contest, contestants=(contestant, *contest.contestants[1:]))
    parts = dict.fromkeys(contest.edition.parts, -12.3)
    episodes = [replace(episode, parts=parts) for episode in its_episodes(contest)]
    result = ScoringResult.from_episodes(contest, episodes, "d", {}, "c")
    text = printed(result, 80)
    assert max(map(len, text.splitlines())) <= 80
    for number in ("80.0 ± 0.0", "100.0 ± 0.0", "-12.3", "1,234"):
        assert number in text
