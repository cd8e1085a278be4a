"""Temporary folders are gone afterwards, also those of a killed process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from powrl.storage.temporary import temporary_folder

_HOLD = """
import sys, time
from powrl.storage.temporary import temporary_folder
with temporary_folder("powrl-test-") as folder:
    (folder / "deep").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_goes_and_what_another_uses_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "powrl-test-file").touch()
    (tmp_path / "powrl-test-link").symlink_to("/")
    command = [sys.executable, "-c", _HOLD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = Path(process.stdout.readline().strip())
        with temporary_folder("powrl-test-") as folder:
            assert other.is_dir()
            assert folder.is_dir()
        process.kill()
    assert other.is_dir()
    with temporary_folder("powrl-test-"):
        assert not other.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "powrl-test-file",
        "powrl-test-link",
    ]
