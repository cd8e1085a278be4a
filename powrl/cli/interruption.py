"""How a command ends that something stops: Ctrl-C, SIGTERM, or an output that is full or closed."""

from __future__ import annotations

import errno
import logging
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import typer

from ..errors import PowrlError, StoppedError
from ..player.files import FULL

_LONGEST, _LONGEST_TEXT = 300, 10_000
"""Letters of a name, and of a message, that are printed."""
_ENDLESS_WORD = re.compile(rf"\S{{{_LONGEST + 1},}}")

_EMPTY_OPTION = re.compile("--[a-z-]+=")

log = logging.getLogger(__name__)


@dataclass
class Resumable:
    """A run that can go on.

    Attributes
    ----------
    folder:
        Its run folder; None: it has not begun.
    """

    folder: Path | None = None


@contextmanager
def resumable(
    command: str, can_go_on: Callable[[Path], object] = lambda _: True
) -> Iterator[Resumable]:
    """Context of a run; who stops it is told how to go on.

    Parameters
    ----------
    command:
        Name of the command.
    can_go_on:
        Whether a run folder has all that going on needs.
    """
    run = Resumable()
    try:
        yield run
    except (KeyboardInterrupt, StoppedError):
        if run.folder is not None:
            again = shlex.join(["powrl", command, "--resume", str(run.folder)])
            started = can_go_on(run.folder)
            advice = (
                f"; go on with: {again}" if started else " before it could go on; start it anew"
            )
            with suppress(OSError):
                typer.echo(f"\npowrl: stopped{advice}", err=True)
        raise


@contextmanager
def errors_told() -> Iterator[None]:
    """Context of the command line: what the user can mend ends in one sentence and exit code 2."""
    try:
        yield
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except PowrlError as error:
        _end(str(error))
    except StoppedError:
        sys.exit(128 + signal.SIGTERM)
    except BrokenPipeError:  # whoever reads has seen enough
        _close_output()
        sys.exit(1)
    except OSError as error:
        log.info("the error of the system:", exc_info=True)
        name = f": {_shortened(str(error.filename))}" if error.filename else ""
        if error.errno == errno.ENAMETOOLONG:
            _end(f"a name is longer than that of a file may be{name}; give a shorter one.")
        advice = "free some space or choose" if error.errno in FULL else "choose"
        _close_output()
        _end(
            f"a file, or what is printed, cannot be read or written ({error.strerror or error}"
            f"{name}); {advice} another place."
        )
    except RuntimeError as error:  # of pathlib before Python 3.13
        if not str(error).startswith("Symlink loop"):
            raise
        _end(f"links lead to each other ({error}); give another path.")
    except MemoryError:
        log.info("the error of the system:", exc_info=True)
        _end("there is too little memory; give fewer --jobs or less to do.")


def require_filled_arguments() -> None:
    """Refuse empty arguments, as of a variable of the shell that is not set.

    An empty path is the current folder for Python, and nobody means that.

    Raises
    ------
    PowrlError
        The first such argument.
    """
    for before, argument in pairwise(sys.argv):
        if not argument:
            raise PowrlError(
                f"the argument after {before!r} is empty; give a value, or leave it out."
            )
        if _EMPTY_OPTION.fullmatch(argument):
            raise PowrlError(f"the argument {argument!r} has no value; give one, or leave it out.")


def require_utf8_arguments() -> None:
    """Refuse arguments that no report and no file of a run could name.

    Raises
    ------
    PowrlError
        The first such argument.
    """
    for argument in sys.argv[1:]:
        if any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise PowrlError(_unreadable(os.fsencode(argument)))


def _unreadable(argument: bytes) -> str:
    try:
        text = argument.decode("utf-8")
    except UnicodeDecodeError:
        return f"the argument {argument!r} is no UTF-8; rename the file or folder."
    return f"the argument {text!a} needs a terminal of UTF-8; set LC_ALL=C.UTF-8."


def require_folder() -> None:
    """Refuse to run in a folder that was removed.

    Raises
    ------
    PowrlError
        It was.
    """
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError as error:
        raise PowrlError("the current folder was removed; go to another one.") from error


def print_anything() -> None:
    """Let names be printed that the terminal has no letters for."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _end(text: str) -> NoReturn:
    words = _ENDLESS_WORD.sub(lambda word: _shortened(word[0]), text)
    with suppress(OSError):
        typer.echo(f"powrl: {words[:_LONGEST_TEXT]}", err=True)
    sys.exit(2)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _close_output() -> None:
    """Leave nothing to be flushed when Python ends, which would fail again."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
