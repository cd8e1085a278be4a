"""A request is found again as it was saved, or told to be damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from powrl.player.errors import PowrlError
from powrl.scoring.contest import Contest
from powrl.scoring.request import FILE, Request

REQUEST = Request(["tests.scoring.foreign:make_agent"], "bundled", None, ".*", 2, 10, False)
SEEDS = {"a": [0, 1000], "c": [2, 1002]}


def saved(folder: Path) -> dict[str, Any]:
    (folder / "grid").mkdir()
    contest = Contest("grid", folder / "grid", {"a": 0, "c": 2}, (), (0, 1))
    REQUEST.save(folder, contest)
    return json.loads((folder / FILE).read_bytes())


def test_a_request_is_found_again(tmp_path: Path) -> None:
    files = saved(tmp_path)["files"]
    assert list(files) == ["a", "c"]
    assert Request.load(tmp_path) == replace(REQUEST, episode_seeds=SEEDS, files=files)


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
        b'{"agents": [], "contents": {"a": 1}}',
    ],
)
def test_what_is_no_request_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(PowrlError, match="is damaged; begin a new run"):
        Request.load(tmp_path)


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
        {"contents": []},
        {"versions": []},
        {"episode_seeds": {"a": 0}},
        {"files": ["a"]},
    ],
)
def test_a_value_of_another_kind_is_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    body = saved(tmp_path) | change
    (tmp_path / FILE).write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(PowrlError, match="is damaged; begin a new run"):
        Request.load(tmp_path)


def test_a_changed_agent_is_told(tmp_path: Path) -> None:
    body = saved(tmp_path)
    body["contents"] = dict.fromkeys(body["contents"], "another")
    (tmp_path / FILE).write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(PowrlError, match="is not the one that the run began with"):
        Request.load(tmp_path)


def test_a_changed_helper_of_an_agent_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("import helper", encoding="utf-8")
    (tmp_path / "helper.py").touch()
    monkeypatch.chdir(tmp_path)
    contest = Contest("grid", tmp_path, {}, (), (0,))
    Request(["mine:make_agent"], "bundled", None, ".*", 1, 10, False).save(tmp_path, contest)
    assert Request.load(tmp_path).agents == ["mine:make_agent"]
    (tmp_path / "helper.py").write_text("changed = True", encoding="utf-8")
    with pytest.raises(PowrlError, match="mine:make_agent is not the one that the run began with"):
        Request.load(tmp_path)


@pytest.mark.parametrize("key", ["episode_seeds", "files"])
def test_a_request_of_before_what_was_played_was_kept_is_told(tmp_path: Path, key: str) -> None:
    body = saved(tmp_path)
    del body[key]
    (tmp_path / FILE).write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(PowrlError, match=r"older powrl .* begin a new run"):
        Request.load(tmp_path)


@pytest.mark.parametrize("package", ["powrl", "grid2op", "lightsim2grid"])
def test_another_version_is_told(tmp_path: Path, package: str) -> None:
    body = saved(tmp_path)
    body["versions"][package] = "0.0.1"
    (tmp_path / FILE).write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(PowrlError, match=rf"began with {package} 0\.0\.1, and here is"):
        Request.load(tmp_path)


def test_a_folder_without_a_request_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="is no run folder of powrl score"):
        Request.load(tmp_path)
