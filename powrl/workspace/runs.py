"""Run folders: where a command puts what it makes, and what it ran on."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__
from ..errors import PowrlError
from ..player.files import refusing_unwritable, require_space

_PACKAGES = (
    "grid2op",
    "lightsim2grid",
    "gymnasium",
    "numpy",
    "torch",
    "stable-baselines3",
    "sb3-contrib",
)


@contextmanager
def run_folder(kind: str, output: Path | None = None) -> Iterator[Path]:
    """A new run folder: `output`, or ``runs/<kind>-<date>-<time>``.

    When the work inside fails before anything was written, the folder is removed again.

    Raises
    ------
    PowrlError
        `output` holds files already, or cannot be written.
    """
    folder = output or _unused(Path("runs") / f"{kind}-{datetime.now():%Y%m%d-%H%M%S}")
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise PowrlError(f"the run folder {folder} is not empty; choose another --output.")
    try:
        require_space(folder / "run")
        yield folder
    except BaseException:
        with suppress(OSError):  # it holds something by now
            folder.rmdir()
        raise


def command_line() -> str:
    """The command that is running, as it would be typed."""
    return shlex.join(["powrl", *sys.argv[1:]])


def versions() -> dict[str, str]:
    """Versions of powrl, Python, the platform, the packages in use and the git revision."""
    facts = {
        "powrl": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    for package in filter(_is_installed, _PACKAGES):
        facts[package] = version(package)
    revision = _git_revision()
    if revision:
        facts["git"] = revision
    return facts


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _unused(folder: Path) -> Path:
    """`folder`, or the first of ``folder-2``, ``folder-3``, ... that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate


def _git_revision() -> str | None:
    """Revision of the checkout that powrl runs from, with ``-dirty`` when it was changed."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
