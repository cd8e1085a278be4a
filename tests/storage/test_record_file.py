"""Records of a run: a last line that is half written is nobody's loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.storage.record_file import append_record, mend_records, read_records


def test_half_a_line_is_left_out_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    assert read_records(path, ["a"]) == []
    append_record(path, {"a": 1})
    with path.open("ab") as file:
        file.write('{"a": "é'.encode()[:-1])  # in the middle of a letter
    before = path.read_bytes()
    assert read_records(path, ["a"]) == [{"a": 1}]
    assert path.read_bytes() == before


def test_what_is_added_after_mending_begins_a_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    mend_records(path)
    assert not path.exists()
    append_record(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a"')
    mend_records(path)
    append_record(path, {"a": 2})
    assert read_records(path, ["a"]) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no\n", "line 1: no JSON"), (b"[]\n", "no record of this run"), (b"\xff\n", "read")],
)
def test_damage_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(PowrlError, match=message):
        read_records(path, ["a"])


def test_an_edited_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    append_record(path, {"score": 12.5})
    path.write_text(path.read_text(encoding="utf-8").replace("12.5", "99.5"), encoding="utf-8")
    with pytest.raises(PowrlError, match="line 1: it was edited"):
        read_records(path, ["score"])
    path.write_text('{"score": 99.5, "digest": null}\n', encoding="utf-8")
    for older in (False, True):
        with pytest.raises(PowrlError, match="line 1: it was edited"):
            read_records(path, ["score"], older=older)
    path.write_text('{"score": 99.5}\n', encoding="utf-8")
    with pytest.raises(PowrlError, match="line 1: it was edited"):
        read_records(path, ["score"])
    assert read_records(path, ["score"], older=True) == [{"score": 99.5}]
