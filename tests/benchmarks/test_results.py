"""The results page: agents with other settings, and tables from runs of powrl score."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results.__main__ import main
from benchmarks.results.pages import END, START, write_docs
from benchmarks.results.tracks import ROOT, SEARCHING, THREE, TRACKS, Player
from powrl.player.agent_folder import AgentSettings
from powrl.player.errors import PowrlError
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.contestants.variants import split_variant, with_overrides

NAME = "wcci2020"


def document(interval: list[float] | None) -> dict[str, Any]:
    """Two agents that played two scenarios."""

    def agent(name: str, score: float) -> dict[str, Any]:
        numbers = {"score_spread": None, "survival": 75.0, "survival_spread": 1.0}
        origin = {"source": f"agents/{name}", "baseline": False}
        times = {"ms_per_decision": 0.5, "slowest_ms": 1e3}
        return {"agent": name, "score": score, **origin, **numbers, **times}

    def episode(name: str, steps: int) -> dict[str, Any]:
        return {"agent": name, "steps": steps, "max_steps": 10}

    return {
        "environment": "grid",
        "scenarios": ["a", "b"],
        "seeds": [0],
        "versions": {"powrl": "0.1.0", "git": "abc"},
        "score": {"edition": "wcci2020", "cost_units": "now", "costs": "EUR"},
        "agents": [agent("powrl", 10.0), agent("search", 8.0)],
        "episodes": [episode("powrl", 10), episode("powrl", 5), episode("search", 10)],
        "differences": [
            {
                **{"agent": "powrl", "other": "search", "score": 2.0, "score_interval": interval},
                **{"survival": -1.0, "survival_interval": interval},
            }
        ],
    }


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "results.md").write_text(f"before\n{START}\nold\n{END}\nafter\n")
    return tmp_path / "docs"


def finish(runs: Path, interval: list[float] | None) -> Path:
    run = runs / NAME
    run.mkdir(parents=True)
    (run / "scores.json").write_text(json.dumps(document(interval)))
    (run / "survival.png").write_bytes(b"picture")
    return runs


def test_the_tables_take_the_place_of_the_old_ones(docs, tmp_path):
    write_docs(finish(tmp_path / "runs", [1.0, 3.0]), docs)
    text = (docs / "results.md").read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"## {TRACKS[NAME].title}" in text
    assert "2 scenarios, 1 seed; EUR; powrl abc." in text
    assert "| powrl | 10.0 | 75.0 ± 1.0 | 1 of 2 | 0.50 | 1,000 |" in text
    assert "powrl against search: official score +2.0 (+1.0 to +3.0)" in text
    assert (docs / f"results-{NAME}.png").read_bytes() == b"picture"


def test_too_few_scenarios_have_no_interval(docs, tmp_path):
    write_docs(finish(tmp_path / "runs", None), docs)
    assert "official score +2.0, steps survived -1.0\n" in (docs / "results.md").read_text()


def test_nothing_played_and_a_page_without_markers_are_refused(docs, tmp_path):
    with pytest.raises(PowrlError, match="has no finished track"):
        write_docs(tmp_path / "runs", docs)
    runs = finish(tmp_path / "runs", None)
    (docs / "results.md").write_text("nothing")
    with pytest.raises(PowrlError, match="the tables go between them"):
        write_docs(runs, docs)
    with pytest.raises(PowrlError, match="give the folder docs/lab"):
        write_docs(runs, tmp_path)


def test_a_changed_agent_is_a_variant():
    player = Player("few", "l2rpn_neurips_2020_track1/powrl", THREE)
    folder = ROOT / "agents" / player.agent
    assert player.text == (f"{folder}[candidates=3,safe_rho=0.9,counted_from=0.9,plan=false]")
    assert split_variant(player.text) == (str(folder), THREE)
    assert Player("plain", player.agent).text == str(folder)


def test_a_player_without_its_policy_is_a_search():
    player = Player("search", "l2rpn_case14_sandbox/powrl", SEARCHING, has_policy=False)
    folder, changes = split_variant(player.text)
    settings = with_overrides(AgentSettings.load(Path(folder)), changes)
    assert settings.observation == ()
    assert settings.overload.safe_rho == 0


def test_each_player_of_a_track_exists(tmp_path):
    for track in TRACKS.values():
        assert {name for pair in track.pairs for name in pair} <= set(track.agents)
        assert track.data_of(tmp_path) in ("bundled", str(tmp_path / str(track.folder)))
        names = list(track.agents)
        contestants = parse_contestants(list(track.agents.values()), names=names)
        assert [contestant.name for contestant in contestants[: len(names)]] == names


def test_what_cannot_be_played_is_refused(tmp_path):
    with pytest.raises(PowrlError, match="there is no track nowhere; there are robustness"):
        main(None, None, ["nowhere"], 1, 1, None, tmp_path)
    with pytest.raises(PowrlError, match="give --data and --output to play"):
        main(None, None, [], 1, 1, None, tmp_path)
