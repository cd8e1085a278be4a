"""Digests are of files of a bounded size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.storage.digest import digest_of


def test_a_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    before = digest_of(tmp_path)
    assert digest_of(tmp_path) == before
    (tmp_path / "a").write_text("y", encoding="utf-8")
    assert digest_of(tmp_path) != before


def test_sparse_files_are_refused_and_pipes_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    digest_of(tmp_path)
    with (tmp_path / "a").open("wb") as file:
        file.truncate(200 * 10**9)
    with pytest.raises(PowrlError, match="a cannot be read"):
        digest_of(tmp_path)
