from __future__ import annotations

from pathlib import Path

import pytest

from powrl.workspace.cache import CACHE_VARIABLE
from tests.cli.conftest import Run


def test_what_is_kept_is_listed_and_then_cleared(
    powrl: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    file = tmp_path / "references" / f"{64 * 'a'}.zip"
    file.parent.mkdir()
    file.write_bytes(bytes(2_500_000))
    code, output, _ = powrl("cache")
    assert code == 0
    assert "grid2op's reference runs and the episodes of its agents" in output
    assert "2.5" in output
    assert str(tmp_path) in "".join(output.split())
    assert file.exists()
    code, output, _ = powrl("cache", "--clear")
    assert code == 0
    assert "removed" in output
    assert not file.exists()
