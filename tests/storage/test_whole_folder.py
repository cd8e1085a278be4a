"""A folder is whole or not there; what a kill leaves behind is told from a user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from powrl.storage.whole_folder import remove_partial_folders, whole_folder

WEEK = re.compile("week_[0-9]")


def test_after_an_error_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), whole_folder(tmp_path / "week_1"):
        raise ValueError("stop")
    assert not list(tmp_path.iterdir())


def test_only_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "week_1") as partial:
        name = partial.parent.name
    (tmp_path / name / "week_1").mkdir(parents=True)  # as after kill -9
    own = ["week_1", "week_1-partial-mine", "week_12-partial-abcd1234", "my-partial-results"]
    for other in own[1:]:
        (tmp_path / other).mkdir()
    (tmp_path / "week_2-partial-abcd1234").touch()
    (tmp_path / "week_3-partial-abcd1234").symlink_to("week_1")
    remove_partial_folders(tmp_path, WEEK)
    assert {path.name for path in tmp_path.iterdir()} == {
        *own,
        "week_2-partial-abcd1234",
        "week_3-partial-abcd1234",
    }
