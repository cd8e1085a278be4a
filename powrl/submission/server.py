"""What a competition's server has installed: grid2op, lightsim2grid and what these depend on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..editions.editions import Edition
from ..editions.stacks import STACKS
from ..workspace.virtual_environments import python_in

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
    others:
        Modules that the competition's server had besides grid2op and what it needs -> their
        requirements. They are among `modules` where they are installed.
    """

    python: str
    modules: tuple[str, ...]
    folders: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def absent(self) -> dict[str, str]:
        """The `others` that are not installed."""
        return {module: text for module, text in self.others.items() if module not in self.modules}


def server_here(edition: Edition | None = None) -> Server:
    """The present interpreter, and of what is installed here what a server has.

    Parameters
    ----------
    edition:
        The competition; None allows what the server of any had.
    """
    others = other_packages(edition)
    packages = [*SERVER_PACKAGES, *map(_name_of, others.values())]
    modules, folders = server_modules(packages), server_folders(packages)
    return Server(sys.executable, tuple(modules), tuple(folders), others)


def other_packages(edition: Edition | None) -> dict[str, str]:
    """Modules of an edition's `Stack.others`, or of those of all, and their requirements."""
    stacks = STACKS.values() if edition is None else [STACKS[edition.name]]
    return {module: text for stack in stacks for module, text in stack.modules.items()}


def _name_of(requirement: str) -> str:
    return Requirement(requirement).name


def server_in(environment: Path) -> Server:
    """A virtual environment with all that is installed in it."""
    installed = environment.glob("lib/python*/site-packages/*")
    modules = {path.name.partition(".")[0] for path in installed}
    return Server(str(python_in(environment)), tuple(sorted(modules)))


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


def server_modules(packages: Sequence[str] = SERVER_PACKAGES) -> list[str]:
    """Names of the top-level modules of `required_packages`, sorted."""
    required = required_packages(packages)
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if any(canonicalize_name(owner) in required for owner in owners)
    )


def server_folders(packages: Sequence[str] = SERVER_PACKAGES) -> list[str]:
    """The folders that `required_packages` are installed in (a user's own, for instance)."""
    folders = {str(distribution(name).locate_file("")) for name in required_packages(packages)}
    return sorted(folders)
