"""A request is read as it was written, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from powrl.player.errors import PowrlError
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.fingerprint import Fingerprint, read_request, write_request
from powrl.scoring.request import Request
from powrl.scoring.run import make_request
from powrl.scoring.shard import parse_shard
from powrl.storage.json_file import sealed

AGENT = "tests.scoring.foreign:make_agent"
REQUEST = Request([AGENT], seeds=2, max_steps=10)
SEEDS = {"a": [0, 1000], "c": [2, 1002]}


def a_contest(folder: Path, agent: str = AGENT) -> Contest:
    return Contest("grid", folder, {"a": 0, "c": 2}, parse_contestants([agent]), (0, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contest.json"


def written(path: Path) -> dict[str, Any]:
    (path.parent / "grid").mkdir()
    write_request(path, REQUEST, Fingerprint.from_contest(a_contest(path.parent / "grid")))
    return json.loads(path.read_bytes())


def test_a_request_is_read_as_it_was_written(path: Path) -> None:
    files = written(path)["files"]
    assert list(files) == ["a", "c"]
    request, fingerprint = read_request(path)
    assert request == REQUEST
    contest = a_contest(path.parent / "grid")
    assert fingerprint == Fingerprint.from_contest(contest)
    assert fingerprint.episode_seeds == SEEDS
    fingerprint.require_same(Fingerprint.from_contest(contest), contest)


def test_names_and_variants_are_kept(path: Path) -> None:
    request = replace(REQUEST, agents=["mine[plan=false]"], names=["one"], data=str(path.parent))
    fingerprint = Fingerprint({}, {}, {}, {})
    write_request(path, request, fingerprint)
    assert read_request(path) == (request, fingerprint)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"agents": []}',
        b'{"agents": [], "contents": {"a": 1}, "episode_seeds": {}, "files": {}}',
    ],
)
def test_another_content_is_damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(PowrlError, match=r"json .*; (restore it, or )?begin a new run"):
        read_request(path)


@pytest.mark.parametrize(
    "change",
    [
        {"seeds": "two"},
        {"seeds": {"000": [0.5]}},
        {"max_steps": "10"},
        {"log": 1},
        {"edition": "neurips2019"},
        {"cost_units": "then"},
        {"surprise": 1},
        {"names": "one"},
        {"contents": []},
        {"versions": []},
        {"episode_seeds": {"a": 0}},
        {"files": ["a"]},
    ],
)
def test_a_value_of_another_kind_is_damage(path: Path, change: dict[str, Any]) -> None:
    write_sealed(path, written(path) | change)
    with pytest.raises(PowrlError, match="is damaged; begin a new run"):
        read_request(path)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("contents", {AGENT: "another"}, f"the agent {AGENT} is not the one that the run began"),
        ("versions", {"powrl": "0.0.1"}, r"began with powrl 0\.0\.1, and here is"),
        ("versions", {}, "began with powrl None, and here is"),
        ("episode_seeds", {"a": [0, 1]}, "or their seeds, are not those that the run began with"),
        ("files", {"a": "another"}, "time series of the scenario a, or other files"),
    ],
)
def test_a_change_since_the_run_began_is_refused(
    tmp_path: Path, part: str, value: Any, message: str
) -> None:
    contest = a_contest(tmp_path)
    now = Fingerprint.from_contest(contest)
    with pytest.raises(PowrlError, match=message):
        replace(now, **{part: value}).require_same(now, contest)


def test_a_changed_helper_of_an_agent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("import helper", encoding="utf-8")
    (tmp_path / "helper.py").touch()
    monkeypatch.chdir(tmp_path)
    contest = a_contest(tmp_path, "mine:make_agent")
    before = Fingerprint.from_contest(contest)
    (tmp_path / "helper.py").write_text("changed = True", encoding="utf-8")
    with pytest.raises(PowrlError, match="mine:make_agent is not the one that the run began with"):
        before.require_same(Fingerprint.from_contest(contest), contest)


@pytest.mark.parametrize("change", [{"max_steps": 40}, {"seeds": 3}, {"seal": None}])
def test_an_edited_request_is_refused(path: Path, change: dict[str, Any]) -> None:
    path.write_text(json.dumps(written(path) | change), encoding="utf-8")
    with pytest.raises(PowrlError, match="was edited, or an older powrl wrote it"):
        read_request(path)


def write_sealed(path: Path, body: dict[str, Any]) -> None:
    body.pop("seal")
    path.write_text(json.dumps(sealed(body)), encoding="utf-8")


def test_a_folder_without_a_request_is_no_run(path: Path) -> None:
    with pytest.raises(PowrlError, match="is no run folder of powrl score"):
        read_request(path)


def test_numbers_without_end_are_refused() -> None:
    with pytest.raises(PowrlError, match="a number of seeds from 1 to 10,000"):
        make_request("rte_case14_realistic/powrl", seeds=10**9)
    with pytest.raises(PowrlError, match=r"the shard '1/9+\.\.\.9+' needs the form I/N"):
        parse_shard(f"1/{'9' * 5000}")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "x" * 201, "ü" * 40])
def test_a_name_that_no_table_can_show_is_refused(name: str) -> None:
    with pytest.raises(PowrlError, match="needs a short name to print: NAME=AGENT"):
        parse_contestants([AGENT], names=[name])
