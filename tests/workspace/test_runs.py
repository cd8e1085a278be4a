"""Run folders: locked, and gone where nothing in them can go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from powrl.learning.run_files import checkpoints
from powrl.player.errors import PowrlError
from powrl.workspace.runs import run_folder


def stop_in(folder: Path, *names: str) -> None:
    """Begin a training, write files, and stop it."""
    with pytest.raises(KeyboardInterrupt):
        _write_and_stop(folder, names)


def _write_and_stop(folder: Path, names: Sequence[str]) -> None:
    with run_folder("train", folder, checkpoints) as run:
        for name in names:
            (run / name).parent.mkdir(exist_ok=True)
            (run / name).write_text("")
        raise KeyboardInterrupt


def test_of_a_run_that_cannot_go_on_nothing_is_left(tmp_path: Path) -> None:
    """The same --output can be given again."""
    stop_in(tmp_path / "a" / "run", "configuration.yaml", "tensorboard/events")
    assert not list(tmp_path.iterdir())


def test_a_folder_below_a_file_is_refused_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(PowrlError, match=r"\(Not a directory\)"), run_folder("train", place):
            pass


def test_a_run_that_can_go_on_stays(tmp_path: Path) -> None:
    stop_in(tmp_path / "run", "configuration.yaml", "checkpoint-000000000.pt")
    assert len(list((tmp_path / "run").iterdir())) == 2


def test_a_folder_of_the_user_stays_and_keeps_what_it_had(tmp_path: Path) -> None:
    stop_in(tmp_path, "configuration.yaml")
    assert tmp_path.is_dir()
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine.txt").write_text("")
    with (
        pytest.raises(PowrlError, match="is not empty"),
        run_folder("train", tmp_path, checkpoints),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
