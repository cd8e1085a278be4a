"""Virtual environments with the packages of the competitions' servers, which are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from ..editions.editions import Edition
from ..editions.stacks import STACKS, Stack
from ..errors import PowrlError
from ..workspace.virtual_environments import find_interpreter, virtual_environment
from .server import Server, server_in

OLDEST_PYTHON = (3, 8)
"""The oldest Python that can play a submission (`powrl.submission.server_kit`)."""


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
    python, version = find_interpreter([stack.python])
    number = version.partition(" ")[0]
    if not number.startswith(f"{stack.python}."):
        tell(f"The server had Python {stack.python}; there is none on the PATH: this is {number}.")
    others = [text for module, text in stack.modules.items() if module in modules]
    folder = virtual_environment(
        python,
        version,
        (*stack.requirements, *others),
        tell,
        lambda reason: PowrlError(
            f"the packages of {edition.title} cannot be installed for Python {number} "
            f"({reason}); {_advice(stack, number)}, or leave out --stack."
        ),
    )
    return replace(server_in(folder), others=stack.modules)


def _advice(stack: Stack, python: str) -> str:
    if python.startswith(f"{stack.python}."):
        return "check the network and pip's index"
    return f"put a python{stack.python} on the PATH"
