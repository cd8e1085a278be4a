"""Chronix2Grid in a virtual environment of its own, with the solver that it needs."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from ..errors import PowrlError
from ..workspace.virtual_environments import find_interpreter, virtual_environment

PYTHONS = ("3.11", "3.10", "3.12")
"""Those that its packages are built for, the one that they were tried with first."""

PACKAGES = (
    *("grid2op==1.12.6", "lightsim2grid==1.2.0", "chronix2grid==1.2.0.post1"),
    *("numpy<2", "pandas<3", "pypsa==0.25.2", "pulp<3", "setuptools<75"),
)
"""It wants older numpy and pypsa than powrl runs on."""

SOLVER = "cbc"
_MACHINES = {"x86_64": ("i64", "64"), "aarch64": ("arm64",), "arm64": ("arm64",)}
"""Machine -> folders of pulp with the solver for it."""


def chronix2grid(tell: Callable[[str], None]) -> Path:
    """The virtual environment, built where there is none yet.

    Parameters
    ----------
    tell:
        Is called with a line before minutes of work.

    Raises
    ------
    PowrlError
        No fitting Python is on the PATH, or the packages cannot be installed.
    """
    python, version = find_interpreter(PYTHONS)
    number = version.partition(" ")[0]
    if number.rpartition(".")[0] not in PYTHONS:
        raise PowrlError(
            f"Chronix2Grid needs Python {', '.join(sorted(PYTHONS))}, and this is {number}; put a "
            f"python{PYTHONS[0]} on the PATH."
        )
    return virtual_environment(
        python,
        version,
        PACKAGES,
        tell,
        lambda reason: PowrlError(
            f"Chronix2Grid cannot be installed for Python {number} ({reason}); check the network "
            "and pip's index."
        ),
    )


def variables(environment: Path) -> dict[str, str]:
    """Environment variables of its processes: one thread each, the solver on the PATH.

    Raises
    ------
    PowrlError
        There is no solver.
    """
    path = f"{find_solver(environment).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def find_solver(environment: Path) -> Path:
    """The solver that pulp ships for this machine, or one on the PATH.

    Raises
    ------
    PowrlError
        There is none.
    """
    folders = environment.glob(f"lib/python*/site-packages/pulp/solverdir/{SOLVER}/linux")
    for folder in folders:
        for machine in _MACHINES.get(platform.machine(), ()):
            if os.access(folder / machine / SOLVER, os.X_OK):
                return folder / machine / SOLVER
    installed = shutil.which(SOLVER)
    if installed is None:
        raise PowrlError(
            f"Chronix2Grid needs the solver {SOLVER}, which pulp does not ship for "
            f"{platform.machine()}; install it (Debian: coinor-cbc) and put it on the PATH."
        )
    return Path(installed)
