"""The packages of the editions' servers; nothing here needs a network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from powrl.editions.editions import EDITIONS, Edition
from powrl.editions.stacks import STACKS, Stack
from powrl.player.errors import PowrlError
from powrl.submission import stack
from powrl.submission.stack import stack_of
from powrl.workspace import virtual_environments
from powrl.workspace.cache import CACHE_VARIABLE, kept_in_cache
from powrl.workspace.virtual_environments import find_interpreter

IDF = EDITIONS["idf2023"]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "cache" / "stacks"


@pytest.fixture
def wheel(tmp_path: Path) -> str:
    """A package of one line."""
    path = tmp_path / "tiny_package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_package.py", "ANSWER = 42\n")
        folder = "tiny_package-1.0.dist-info"
        archive.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{folder}/RECORD", "")
    return str(path)


def ask(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, server_stack: Stack
) -> tuple[str, list[str]]:
    """The interpreter of a stack, and what was told."""
    monkeypatch.setitem(STACKS, edition.name, server_stack)
    messages: list[str] = []
    return stack_of(edition, messages.append).python, messages


def test_every_edition_has_its_packages() -> None:
    assert list(STACKS) == list(EDITIONS)
    for packages in STACKS.values():
        assert packages.requirements[0].startswith("grid2op==")


def test_a_stack_is_built_once_and_again_where_its_python_was_removed(
    cache: Path, wheel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, messages = ask(IDF, monkeypatch, Stack(PYTHON, (wheel,)))
    assert len(messages) == 1
    assert Path(python).is_relative_to(cache)
    code = "import sys, tiny_package; print(sys.version_info[:2] == (%s, %s), tiny_package.ANSWER)"
    code %= tuple(PYTHON.split("."))
    ended = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "True 42\n"
    assert "tiny_package" in stack_of(IDF, messages.append).modules
    assert ask(IDF, monkeypatch, Stack(PYTHON, (wheel,))) == (python, [])
    Path(python).unlink()
    again, messages = ask(IDF, monkeypatch, Stack(PYTHON, (wheel,)))
    assert again == python
    assert len(messages) == 1
    subprocess.run([again, "-I", "-c", "import tiny_package"], check=True)
    assert len(list(cache.iterdir())) == 1


def test_other_packages_and_another_python_are_another_stack(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def build(folder: Path, python: str, requirements: tuple[str, ...]) -> None:
        assert python
        assert requirements
        (stacks,) = (items for items in kept_in_cache() if items.kind == "stacks")
        assert folder.parent in stacks.paths  # so that what a kill leaves can be cleared
        folder.mkdir()
        built.append(folder)

    monkeypatch.setattr(virtual_environments, "_build", build)
    one, _ = ask(IDF, monkeypatch, Stack(PYTHON, ("a==1",)))
    other, _ = ask(IDF, monkeypatch, Stack(PYTHON, ("a==2",)))
    monkeypatch.setattr(stack, "find_interpreter", lambda versions: (sys.executable, versions[0]))
    third, _ = ask(IDF, monkeypatch, Stack("3.9", ("a==1",)))
    assert len({one, other, third}) == len(built) == 3
    assert all(folder.parent.parent == cache for folder in built)


def test_a_stack_that_cannot_be_built_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PowrlError, match="No matching distribution found for no-such") as caught:
        ask(IDF, monkeypatch, Stack(PYTHON, ("no-such-package==1.0",)))
    assert "\n" not in str(caught.value)
    assert "check the network" in str(caught.value)
    assert not list(cache.iterdir())


def test_the_python_that_is_needed_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise subprocess.CalledProcessError(1, "pip", "Collecting a\n", "")

    monkeypatch.setattr(virtual_environments, "_build", fail)
    with pytest.raises(PowrlError, match=r"\(Collecting a\); put a python3\.99 on the PATH"):
        ask(IDF, monkeypatch, Stack("3.99", ("a",)))
    assert not list(cache.iterdir())


def test_the_editions_of_2020_are_too_old(cache: Path) -> None:
    with pytest.raises(PowrlError, match=r"they were for Python 3\.6"):
        stack_of(EDITIONS["wcci2020"], print)
    assert not cache.exists()


def test_a_shim_for_a_python_that_is_not_there_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    this = os.path.realpath(sys._base_executable)
    assert find_interpreter(["3.99"])[0] == this


def test_another_python_than_the_servers_is_told_each_time(
    cache: Path, wheel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(folder: Path, *_: object) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(virtual_environments, "_build", build)
    for _ in range(2):
        _, messages = ask(IDF, monkeypatch, Stack("3.99", (wheel,)))
        assert messages[0].startswith("The server had Python 3.99")
    assert len(list(cache.iterdir())) == 1
