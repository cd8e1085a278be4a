"""YAML of a user: what is refused ends in one sentence, however it is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.storage.yaml_file import load_yaml, read_mapping

LAUGHS = "\n".join(
    ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
)
MERGES = "\n".join(
    ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60)]
)


@pytest.mark.parametrize(
    "text",
    [
        "names: !!timestamp 2050-02-30",
        f"seed: {'9' * 5000}",
        f"timesteps: 1{'0' * 400}",
        f"low: {-(2**63) - 1}",
        "a: !!int ''",
        "a: !!float ''",
        "a: !!bool perhaps",
        "a: !!timestamp never",
        "a: !!binary ü",
        "? [1, 2]\n: 3\n? {a: 1}\n: 2",
        "a: &a [*a]",
        "a: [" * 5000,
        LAUGHS,
        MERGES,
        "a: 1\n---\nb: 2",
        "a: \0",
        'a: "\\ud800"',
        "a: 1\na: 2",
        "a: {b: 1, 'b': 2}",
    ],
)
def test_a_value_that_yaml_refuses_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PowrlError, match=r"the configuration .* is no YAML \(.+\)") as caught:
        read_mapping(path, "configuration")
    assert len(str(caught.value)) < 1000


def test_whole_numbers_of_64_bits_are_taken() -> None:
    assert load_yaml(f"[{-(2**63)}, {2**63 - 1}, 0x10]") == [-(2**63), 2**63 - 1, 16]


def test_dates_are_texts() -> None:
    assert load_yaml("names: 2050-02-30") == {"names": "2050-02-30"}


def test_anchors_may_be_used() -> None:
    assert load_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a") == {
        "a": {"x": 1},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1},
    }


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "large", "missing", "loop", "text"])
def test_what_is_no_small_file_is_told(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(10**12)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "text":
        path.write_bytes("ü".encode("latin-1"))
    with pytest.raises(PowrlError, match="the configuration"):
        read_mapping(path, "configuration")
