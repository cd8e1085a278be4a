"""Virtual environments with the packages of the competitions' servers, which are kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from ..editions.editions import Edition
from ..editions.stacks import STACKS, Stack
from ..errors import PowrlError
from ..player.files import refusing_unwritable
from ..workspace.cache import cache_folder, make_cache_folder
from .server import Server, python_in, server_in

OLDEST_PYTHON = (3, 8)
"""The oldest Python that can play a submission (`powrl.submission.server_kit`)."""

_PYTHON_FACTS = """
import json, os, sys
print(json.dumps([os.path.realpath(getattr(sys, "_base_executable", sys.executable)), sys.version]))
"""
"""The interpreter that a virtual environment is made from, whichever runs, and its version."""


def stack_of(
    edition: Edition, tell: Callable[[str], None], modules: Collection[str] = ()
) -> Server:
    """The virtual environment with an edition's packages, built where there is none yet.

    It is built with the edition's Python where that is on the path, else with this one.

    Parameters
    ----------
    tell:
        Is called with a line before minutes of work, and where this is not the server's Python.
    modules:
        Modules that a submission imports; those of `Stack.others` are installed, too.

    Raises
    ------
    PowrlError
        The packages cannot be installed, or the cache cannot be written.
    """
    stack = STACKS[edition.name]
    if tuple(map(int, stack.python.split("."))) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise PowrlError(
            f"the packages of {edition.title} ({', '.join(stack.requirements)}) cannot be had "
            f"here: they were for Python {stack.python}, and submissions are checked on Python "
            f"{oldest} and later; leave out --stack."
        )
    python, version = _interpreter(stack)
    number = version.partition(" ")[0]
    if not number.startswith(f"{stack.python}."):
        tell(f"The server had Python {stack.python}; there is none on the PATH: this is {number}.")
    others = [text for module, text in stack.modules.items() if module in modules]
    requirements = (*stack.requirements, *others)
    key = hashlib.sha256(json.dumps([python, version, requirements]).encode()).hexdigest()
    folder = cache_folder("stacks") / key
    # its Python was removed since
    if folder.exists() and _output_of(python_in(folder), "") is None:
        shutil.rmtree(folder)
    if not folder.exists():
        tell(f"Installing {', '.join(requirements)} for Python {number}, once.")
        make_cache_folder(folder.parent)
        with (
            refusing_unwritable(folder),
            tempfile.TemporaryDirectory(prefix=f"{key}-building-", dir=folder.parent) as building,
        ):
            built = Path(building) / "stack"
            try:
                _build(built, python, requirements)
            except subprocess.CalledProcessError as error:
                raise PowrlError(
                    f"the packages of {edition.title} cannot be installed for Python {number} "
                    f"({_reason(error)}); {_advice(stack, number)}, or leave out --stack."
                ) from error
            try:
                built.rename(folder)
            except OSError:
                if not folder.exists():  # else another check has built it meanwhile
                    raise
    return replace(server_in(folder), others=stack.modules)


def _interpreter(stack: Stack) -> tuple[str, str]:
    """Path and version of the stack's Python, or of this one where there is none that runs."""
    for python in (shutil.which(f"python{stack.python}"), sys.executable):
        place = python and _output_of(python, _PYTHON_FACTS)
        if place:  # a shim may stand for a Python that is not there
            path, version = json.loads(place)
            return str(path), str(version)
    raise PowrlError(f"the Python {sys.executable} does not run; install it again.")


def _output_of(python: str | Path, code: str) -> str | None:
    """What an interpreter prints when it runs this; None where it does not run."""
    try:
        ended = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return ended.stdout if ended.returncode == 0 else None


def _build(folder: Path, python: str, requirements: tuple[str, ...]) -> None:
    """Make a virtual environment; it may be moved afterwards, since only its Python is called."""
    pip = [str(python_in(folder)), "-I", "-m", "pip", "install", "--prefer-binary"]
    # what pip leaves where it is killed goes with the folder
    place = {**os.environ, "TMPDIR": str(folder.parent)}
    for command in ([python, "-I", "-m", "venv", str(folder)], [*pip, *requirements]):
        subprocess.run(command, capture_output=True, text=True, check=True, env=place)


def _advice(stack: Stack, python: str) -> str:
    if python.startswith(f"{stack.python}."):
        return "check the network and pip's index"
    return f"put a python{stack.python} on the PATH"


def _reason(error: subprocess.CalledProcessError) -> str:
    """The last error that a command told, else its last line."""
    output: str = error.stdout + error.stderr
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines_of_error = [line for line in lines if line.startswith(("ERROR:", "Error:"))]
    last = (lines_of_error or lines or [f"exit code {error.returncode}"])[-1]
    return last.removeprefix("ERROR: ")
