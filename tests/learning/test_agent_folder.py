"""An agent folder is replaced whole, whatever stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from powrl.learning.agent_folder import write_agent_folder
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent_folder import CARD_FILE, AgentSettings
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from tests.agents import random_policy


@pytest.fixture
def write(case14_layout: GridLayout, tmp_path: Path):
    def write(text: str) -> None:
        actions = ActionSet(case14_layout, ())
        settings = AgentSettings("rte_case14_realistic", ())
        write_agent_folder(tmp_path / "agent", settings, actions, random_policy(3, 1), text)

    return write


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_after_ctrl_c_it_is_whole_or_as_it_was(write, tmp_path, monkeypatch, number, after):
    write("old")
    before, rename = files(tmp_path / "agent"), Path.rename
    renamed = 0

    def stopped(path: Path, target: Path) -> Path:
        nonlocal renamed
        renamed += 1
        if renamed != number:
            return rename(path, target)
        if after:
            rename(path, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        write("new")
    assert files(tmp_path) == ["agent"]
    assert files(tmp_path / "agent") == before
    assert (tmp_path / "agent" / CARD_FILE).read_text() == (
        "new" if number == 2 and after else "old"
    )


def test_what_a_kill_left_aside_is_put_back_or_removed(write, tmp_path, monkeypatch):
    write("old")
    (tmp_path / "agent").rename(tmp_path / "agent.replaced")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", lambda _: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(PowrlError, match="cannot write"):
            write("new")
    assert files(tmp_path) == ["agent"]
    assert (tmp_path / "agent" / CARD_FILE).read_text() == "old"
    (tmp_path / "agent.replaced").mkdir()
    write("new")
    assert files(tmp_path) == ["agent"]
    assert (tmp_path / "agent" / CARD_FILE).read_text() == "new"
