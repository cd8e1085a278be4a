"""The versions of powrl and of the packages that it runs on."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import __version__

_PACKAGES = (
    "grid2op",
    "lightsim2grid",
    "gymnasium",
    "numpy",
    "torch",
    "stable-baselines3",
    "sb3-contrib",
)


def versions() -> dict[str, str]:
    """Versions of powrl, Python, the platform, the packages in use and the git revision."""
    facts = {
        "powrl": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **package_versions(_PACKAGES),
    }
    revision = _git_revision()
    if revision:
        facts["git"] = revision
    return facts


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Name of each package that is installed -> its version."""
    numbers = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            numbers[package] = version(package)
    return numbers


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
