"""Processes of Chronix2Grid's virtual environment, one for each week."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import PowrlError
from ..workspace.virtual_environments import python_in
from .chronix2grid import chronix2grid, variables

SCRIPT = Path(__file__).with_name("week_generator.py")
DRAW_FAILS = "draw: "
"""Before the reason of `SCRIPT` why another draw is needed."""


class Chronix2GridProcesses:
    """Makes weeks (`powrl.data.generation.Generator`); several threads may ask at a time.

    Parameters
    ----------
    tell:
        Is called with a line before the virtual environment is built.

    Raises
    ------
    PowrlError
        Chronix2Grid cannot be installed, or has no solver.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        environment = chronix2grid(tell)
        self._command = [str(python_in(environment)), "-I", str(SCRIPT)]
        self._variables = variables(environment)
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = Lock()

    def __call__(self, request: dict[str, Any]) -> str | None:
        """Write the folder of a week; gives back why its draw cannot be played, or None.

        Raises
        ------
        PowrlError
            Chronix2Grid fails for another reason.
        """
        with subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=self._variables,
        ) as process:
            with self._lock:
                self._running.add(process)
            try:
                _, output = process.communicate(json.dumps(request))
            finally:
                with self._lock:
                    self._running.discard(process)
        if process.returncode == 0:
            return None
        last = ([line.strip() for line in output.splitlines() if line.strip()] or ["no word"])[-1]
        if last.startswith(DRAW_FAILS):
            return last.removeprefix(DRAW_FAILS)
        raise PowrlError(
            f"Chronix2Grid cannot make the week of {request['date']} ({last}); mend the settings "
            f"that {request['folder']} was made from, and choose another --output."
        )

    def end(self) -> None:
        """End the weeks that are being made."""
        with self._lock:
            for process in self._running:
                process.kill()
