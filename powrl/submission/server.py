"""What a competition's server has installed: grid2op, lightsim2grid and what these depend on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SERVER_PACKAGES = ("grid2op", "lightsim2grid", "numpy")


@dataclass(frozen=True)
class Server:
    """What stands for a competition's server.

    Attributes
    ----------
    python:
        The interpreter.
    modules:
        Names of the top-level modules that a submission finds besides the standard library.
    folders:
        Where these lie, unless the interpreter finds them by itself.
    """

    python: str
    modules: tuple[str, ...]
    folders: tuple[str, ...] = ()


def server_here() -> Server:
    """The present interpreter, and of what is installed here what a server has."""
    return Server(sys.executable, tuple(server_modules()), tuple(server_folders()))


def server_in(environment: Path) -> Server:
    """A virtual environment with all that is installed in it."""
    installed = environment.glob("lib/python*/site-packages/*")
    modules = {path.name.partition(".")[0] for path in installed}
    return Server(str(python_in(environment)), tuple(sorted(modules)))


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / "bin" / "python"


def required_packages(packages: Sequence[str] = SERVER_PACKAGES) -> frozenset[str]:
    """The packages and all that they require here, by their normalised names.

    What is required but not installed is left out.
    """
    required: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(name), "") for name in packages]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            requirements = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        required.add(name)
        for requirement in requirements:
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                package = canonicalize_name(requirement.name)
                waiting.extend((package, extra) for extra in ("", *requirement.extras))
    return frozenset(required)


def server_modules() -> list[str]:
    """Names of the top-level modules of `required_packages`, sorted."""
    required = required_packages()
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if any(canonicalize_name(owner) in required for owner in owners)
    )


def server_folders() -> list[str]:
    """The folders that `required_packages` are installed in (a user's own, for instance)."""
    folders = {str(distribution(name).locate_file("")) for name in required_packages()}
    return sorted(folders)
