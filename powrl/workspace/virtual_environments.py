"""Virtual environments with packages of their own, built once and kept in the cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import PowrlError
from ..player.files import refusing_unwritable
from ..storage.digest import digest_of_json
from .cache import cache_folder, make_cache_folder

KIND = "stacks"

_PYTHON_FACTS = """
import json, os, sys
print(json.dumps([os.path.realpath(getattr(sys, "_base_executable", sys.executable)), sys.version]))
"""
"""The interpreter that a virtual environment is made from, whichever runs, and its version."""


def find_interpreter(versions: Sequence[str]) -> tuple[str, str]:
    """Path and version of the first Python that runs, of some, or of this one.

    Parameters
    ----------
    versions:
        As ``"3.11"``, the best first; they are looked for on the PATH.

    Raises
    ------
    PowrlError
        None runs.
    """
    for python in (*(shutil.which(f"python{version}") for version in versions), sys.executable):
        place = python and _output_of(python, _PYTHON_FACTS)
        if place:  # a shim may stand for a Python that is not there
            path, version = json.loads(place)
            return str(path), str(version)
    raise PowrlError(f"the Python {sys.executable} does not run; install it again.")


def virtual_environment(
    python: str,
    version: str,
    requirements: Sequence[str],
    tell: Callable[[str], None],
    refusal: Callable[[str], PowrlError],
) -> Path:
    """A virtual environment with some packages, built where there is none yet.

    Parameters
    ----------
    python, version:
        What `find_interpreter` found.
    requirements:
        Packages as pip takes them.
    tell:
        Is called with a line before minutes of work.
    refusal:
        Makes the error of packages that cannot be installed from the reason.

    Returns
    -------
    Path
        Its folder; `python_in` is its interpreter.

    Raises
    ------
    PowrlError
        The packages cannot be installed, or the cache cannot be written.
    """
    key = digest_of_json([python, version, [*requirements]])
    folder = cache_folder(KIND) / key
    # its Python was removed since
    if folder.exists() and _output_of(python_in(folder), "") is None:
        shutil.rmtree(folder)
    if folder.exists():
        return folder
    tell(f"Installing {', '.join(requirements)} for Python {version.partition(' ')[0]}, once.")
    make_cache_folder(folder.parent)
    with (
        refusing_unwritable(folder),
        tempfile.TemporaryDirectory(prefix=f"{key}-building-", dir=folder.parent) as building,
    ):
        built = Path(building) / "environment"
        try:
            _build(built, python, tuple(requirements))
        except subprocess.CalledProcessError as error:
            raise refusal(_reason(error)) from error
        try:
            built.rename(folder)
        except OSError:
            if not folder.exists():  # else another process has built it meanwhile
                raise
    return folder


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / "bin" / "python"


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


def _reason(error: subprocess.CalledProcessError) -> str:
    """The last error that a command told, else its last line."""
    output: str = error.stdout + error.stderr
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines_of_error = [line for line in lines if line.startswith(("ERROR:", "Error:"))]
    last = (lines_of_error or lines or [f"exit code {error.returncode}"])[-1]
    return last.removeprefix("ERROR: ")
