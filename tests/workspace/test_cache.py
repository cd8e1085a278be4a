"""What is kept in the cache folder is listed and removed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.workspace.cache import CACHE_VARIABLE, kept_in_cache, remove_kept

KEY = "0123456789abcdef" * 4


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(path: Path, n_bytes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(n_bytes))
    return path


def test_what_is_powrls_is_listed_and_removed(cache: Path) -> None:
    write(cache / "references" / f"{KEY}.zip", 3)
    write(cache / "references" / f"{KEY}.zip.0123456789abcdef.partial", 4)
    write(cache / "stacks" / KEY / "lib" / "module.py", 10)
    write(cache / "stacks" / f"{KEY}-building-abc" / "stack" / "module.py", 20)
    write(cache / "stacks" / f"{KEY}-removed-abc" / KEY / "module.py", 30)
    references, stacks, _ = kept_in_cache()
    assert (references.kind, len(references.paths), references.n_bytes) == ("references", 2, 7)
    assert (stacks.kind, len(stacks.paths), stacks.n_bytes) == ("stacks", 3, 60)
    remove_kept(stacks)
    assert [path.name for path in cache.iterdir()] == ["references"]
    remove_kept(references)
    assert list(cache.iterdir()) == []


def test_what_is_not_powrls_stays(cache: Path) -> None:
    ours = write(cache / "references" / f"{KEY}.zip", 3)
    others = {
        write(cache / "notes.txt", 1),
        write(cache / KEY / "file", 1),
        write(cache / "references" / "mine.zip", 1),
        write(cache / "references" / f"{KEY[1:]}.zip", 1),
        write(cache / "references" / f"{KEY}0.zip", 1),
        write(cache / "stacks" / "building-plans" / "file", 1),
    }
    for item in kept_in_cache():
        remove_kept(item)
    assert {path for path in cache.rglob("*") if path.is_file()} == others
    assert not ours.exists()


def test_where_a_link_leads_stays(cache: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "elsewhere" / "file", 1000)
    (cache / "stacks").mkdir(parents=True)
    (cache / "stacks" / KEY).symlink_to(file.parent)
    write(cache / "stacks" / f"{KEY}-building-a" / "file", 1)
    (cache / "stacks" / f"{KEY}-building-a" / "python").symlink_to(file)
    _, stacks, _ = kept_in_cache()
    assert stacks.n_bytes < 1000
    remove_kept(stacks)
    assert [path.name for path in (cache / "stacks").iterdir()] == [KEY]
    assert file.exists()


def test_an_empty_or_missing_cache_holds_nothing(cache: Path) -> None:
    for item in kept_in_cache():
        assert (item.paths, item.n_bytes) == ((), 0)
        remove_kept(item)
    assert not cache.exists()


@pytest.mark.parametrize("place", [".", "references"])
def test_a_file_in_place_of_a_folder_is_told(cache: Path, place: str) -> None:
    write(cache / place, 3)
    with pytest.raises(PowrlError, match=r"Not a directory\); name another place in .*POWRL_CACHE"):
        kept_in_cache()


def test_what_cannot_be_removed_is_told(cache: Path) -> None:
    write(cache / "references" / f"{KEY}.zip", 3)
    references, _, _ = kept_in_cache()
    references.paths[0].unlink()
    with pytest.raises(PowrlError, match=f"cannot read or remove .*{KEY}.zip in the cache"):
        remove_kept(references)
