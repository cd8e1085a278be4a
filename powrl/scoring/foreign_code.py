"""Running code of any origin inside powrl's own process: its imports, errors and traces."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn

from ..errors import PowrlError, StoppedError
from ..submission.runtime import SUBMISSION
from ..submission.server_kit.findings import text_of


class InterruptedByUserError(StoppedError, KeyboardInterrupt):
    """Ctrl-C; a `KeyboardInterrupt` may come from an agent, too."""


@contextmanager
def failures_of(name: str, scenario: str | None = None) -> Iterator[None]:
    """Turn errors of an agent's own code into one sentence that says where.

    The working folder and the streams of powrl stay as they are; where the code changes the folder,
    it finds itself there again within `working_folder_kept`.

    Parameters
    ----------
    name, scenario:
        Name of the agent, and of the scenario that it plays, if it plays.

    Raises
    ------
    PowrlError
        For any error, and where it would end the program.
    """
    folder_before = Path.cwd()
    begin = _WORKING_FOLDERS.get(name, folder_before)
    os.chdir(begin if begin.is_dir() else folder_before)
    with _interrupts_told_apart():
        try:
            with _exits_raised(), _streams_of_its_own():
                yield
        except (PowrlError, StoppedError):
            raise
        except BaseException as error:  # whatever it is, it ends its part in the contest
            frames = traceback.extract_tb(error.__traceback__)
            last = [frame for frame in frames if frame.filename != __file__][-1]
            text = " ".join(f"{type(error).__name__}: {text_of(error, StoppedError)}".split())
            where = f"{Path(last.filename).name}, line {last.lineno}"
            if scenario is not None:
                where += f", in the scenario {scenario}"
            raise PowrlError(
                f"the agent {name} failed: {text} ({where}); mend it or leave it out."
            ) from error
        finally:
            if name in _WORKING_FOLDERS:
                with suppress(FileNotFoundError):  # it may have removed it
                    _WORKING_FOLDERS[name] = Path.cwd()
            os.chdir(folder_before)


_WORKING_FOLDERS: dict[str, Path] = {}
"""Agent that plays -> working folder of its code."""


@contextmanager
def working_folder_kept(name: str) -> Iterator[None]:
    """Context in which an agent keeps its working folder from one `failures_of` to the next."""
    _WORKING_FOLDERS[name] = Path.cwd()
    try:
        yield
    finally:
        del _WORKING_FOLDERS[name]


@contextmanager
def _interrupts_told_apart() -> Iterator[None]:
    """Context in which Ctrl-C raises `InterruptedByUserError`, unless it has another handler."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(*_: object) -> NoReturn:
    raise InterruptedByUserError


class _Unclosed:
    """A stream that writes to another one, which stays open when this one is closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def close(self) -> None:
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _streams_of_its_own() -> Iterator[None]:
    """Context in which code may close or replace ``sys.stdout`` and ``sys.stderr``."""
    out, err = (stream and _Unclosed(stream) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield


@contextmanager
def _exits_raised() -> Iterator[None]:
    """Context in which ``os._exit``, which would end powrl silently, raises `SystemExit`."""
    process, leave = os.getpid(), os._exit

    def leave_or_raise(status: int) -> NoReturn:
        if os.getpid() == process:
            raise SystemExit(status)
        leave(status)  # a process that the agent has forked ends as it should

    os._exit = leave_or_raise
    try:
        yield
    finally:
        os._exit = leave


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Context in which the modules of a folder can be imported, before all others.

    What was imported from the folder is forgotten, so that the next one may have modules of the
    same names; a package ``submission`` that is loaded already is set aside.
    """
    path = list(sys.path)
    before = dict(sys.modules)
    for name in before:
        if name.split(".")[0] == SUBMISSION:
            del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = path
        # all are found before any goes: a namespace package asks for its parent
        new = [(name, module) for name, module in sys.modules.items() if name not in before]
        for name in [name for name, module in new if _lies_in(module, folder)]:
            del sys.modules[name]
        for name, module in before.items():
            if name.split(".")[0] == SUBMISSION:
                sys.modules[name] = module


def _lies_in(module: object, folder: Path) -> bool:
    # not by getattr: some modules, of torch for instance, answer to any name
    own = vars(module) if hasattr(module, "__dict__") else {}
    places = [own.get("__file__"), *(own.get("__path__") or ())]
    return any(isinstance(place, str) and Path(place).is_relative_to(folder) for place in places)
