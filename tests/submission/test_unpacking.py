from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.submission import unpacking
from powrl.submission.unpacking import unpack
from tests.submission.zips import write_zip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def with_entry(path: Path, entry: zipfile.ZipInfo, content: bytes = b"x") -> Path:
    write_zip(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, content)
    return path


def refused(path: Path, folder: Path, match: str) -> None:
    with pytest.raises(PowrlError, match=match) as caught:
        unpack(path, folder)
    assert str(caught.value).endswith(".")
    written = {file for file in folder.parent.parent.rglob("*") if file.is_file()}
    assert all(file == path or file.is_relative_to(folder) for file in written)


def test_files_and_folders_are_unpacked(tmp_path: Path, folder: Path) -> None:
    path = with_entry(tmp_path / "a.zip", zipfile.ZipInfo("submission/empty/"), b"")
    unpacked = unpack(path, folder)
    assert (folder / "metadata").read_text(encoding="utf-8") == "test"
    assert (folder / "submission/__init__.py").is_file()
    assert (folder / "submission/empty").is_dir()
    assert unpacked.n_files == 2
    assert unpacked.n_bytes == sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("submission/../../escape.txt", "leads out"),
        ("submission/..", "leads out"),
        ("/tmp/escape.txt", "absolute"),  # noqa: S108
        ("C:/escape.txt", "absolute"),
        ("c:escape.txt", "absolute"),
        ("..\\escape.txt", "backslash"),
        ("submission//escape.txt", "empty part"),
    ],
)
def test_a_path_outside_is_refused(tmp_path: Path, folder: Path, name: str, match: str) -> None:
    refused(with_entry(tmp_path / "a.zip", zipfile.ZipInfo(name)), folder, match)
    assert not list(tmp_path.rglob("escape*"))


def test_a_name_in_an_extra_field_is_looked_at_too(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python 3.12 on, zipfile names an entry by its Unicode Path Extra Field."""
    infolist = zipfile.ZipFile.infolist

    def renamed(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        *entries, last = infolist(archive)
        last.filename = "submission/../../escape.txt"
        return [*entries, last]

    path = with_entry(tmp_path / "a.zip", zipfile.ZipInfo("submission/plain.txt"))
    monkeypatch.setattr(zipfile.ZipFile, "infolist", renamed)
    refused(path, folder, "leads out")


def test_a_pipe_is_refused(tmp_path: Path, folder: Path) -> None:
    entry = zipfile.ZipInfo("submission/pipe")
    entry.external_attr = (stat.S_IFIFO | 0o666) << 16
    refused(with_entry(tmp_path / "a.zip", entry), folder, "no plain file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path, folder: Path) -> None:
    refused(with_entry(tmp_path / "a.zip", zipfile.ZipInfo("metadata")), folder, "twice")


@pytest.mark.parametrize("name", ["metadata/x", "metadata/"])
def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    refused(with_entry(tmp_path / "a.zip", zipfile.ZipInfo(name)), folder, "a file and a folder")


def test_deep_folders_and_long_names_are_refused(tmp_path: Path, folder: Path) -> None:
    deep = zipfile.ZipInfo("submission/" + 1500 * "a/" + "b")
    refused(with_entry(tmp_path / "a.zip", deep), folder, "more than 50 folders deep")
    long = zipfile.ZipInfo("submission/" + 300 * "a")
    refused(with_entry(tmp_path / "a.zip", long), folder, "of more than 255 bytes; shorten it")


def test_an_encrypted_entry_is_refused(tmp_path: Path, folder: Path) -> None:
    path = write_zip(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, content.rindex(b"PK\x01\x02") + 8, 1)
    path.write_bytes(content)
    refused(path, folder, "encrypted")


def test_a_bomb_with_a_false_header_is_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr(unpacking, "_require_sizes", lambda _path, _entries: None)
    entry = zipfile.ZipInfo("submission/zeros")
    entry.compress_type = zipfile.ZIP_DEFLATED
    refused(with_entry(tmp_path / "a.zip", entry, bytes(20_000_000)), folder, "larger than 1 MB")
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= 1_000_000


def test_too_many_files_are_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_FILES", 1)
    refused(write_zip(tmp_path / "a.zip"), folder, "2 files, more than 1")


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_truncated_zip_is_refused(tmp_path: Path, folder: Path, keep: float) -> None:
    path = write_zip(tmp_path / "a.zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    refused(path, folder, "no zip, is cut short")


def test_a_damaged_entry_is_refused(tmp_path: Path, folder: Path) -> None:
    path = write_zip(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes().replace(b"DoNothingAgent(", b"DoSomethingNow("))
    refused(path, folder, "damaged")


def test_no_zip_at_all_is_refused(tmp_path: Path, folder: Path) -> None:
    refused(tmp_path / "missing.zip", folder, "there is no zip")


@pytest.mark.parametrize("left_out", ["metadata", "submission/__init__.py"])
def test_a_missing_part_is_named(tmp_path: Path, folder: Path, left_out: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in {"metadata", "submission/__init__.py"} - {left_out}:
            archive.writestr(name, "")
    refused(path, folder, f"has no {left_out}")


def test_a_zipped_parent_folder_is_recognised(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mine/metadata", "")
        archive.writestr("mine/submission/__init__.py", "")
    refused(path, folder, "zip what is in the folder of mine/metadata")


def test_a_name_that_is_not_the_utf_8_it_says_is_refused(tmp_path: Path, folder: Path) -> None:
    path = with_entry(tmp_path / "a.zip", zipfile.ZipInfo("submission/é.txt"))
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    refused(path, folder, "damaged")


def test_a_name_of_an_older_zip_is_unpacked(tmp_path: Path, folder: Path) -> None:
    path = with_entry(tmp_path / "a.zip", zipfile.ZipInfo("submission/?.txt"))
    path.write_bytes(path.read_bytes().replace(b"submission/?.txt", b"submission/\x82.txt"))
    unpack(path, folder)
    assert (folder / "submission/é.txt").read_bytes() == b"x"  # code page 437
