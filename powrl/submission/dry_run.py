"""Playing an unpacked submission in a clean process of its own, which is ended in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..environments.opening import BUNDLED, require_bundled
from ..errors import PowrlError
from ..storage.json_file import parse_json
from .server import Server

_START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from server_kit.start import main
del sys.path[0]
main(sys.argv[1])
"""
"""The start of `server_kit` by its own name, without powrl. Its folder's place is on the path only
meanwhile."""

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_OUTPUT_BYTES, _OUTPUT_LINES, _ERROR_LENGTH = 16_384, 30, 1_000
_GRACE = 10.0
"""Seconds that the supervisor has to end what it started."""


@dataclass(frozen=True)
class DryRun:
    """What to play.

    Attributes
    ----------
    environment:
        grid2op's name of the environment; not needed when `data` is a folder.
    data:
        ``"bundled"``, or the path of an environment folder.
    steps, scenarios:
        At most so many steps of each of so many scenarios.
    timeout:
        Seconds until the process is killed, with all that it started.
    memory:
        Bytes of memory that it may ask for.
    written:
        Bytes of each file that it may write, its output among them.
    seed:
        Of the environment and the agent.
    """

    environment: str = ""
    data: str | Path = BUNDLED
    steps: int = 200
    scenarios: int = 2
    timeout: float = 600.0
    memory: int = 16 * 10**9
    written: int = 10**9
    seed: int = 0

    @property
    def name(self) -> str:
        """What grid2op is asked for: the name of the environment, or the folder."""
        return self.environment if self.data == BUNDLED else str(Path(self.data).resolve())


@dataclass(frozen=True)
class ProcessResult:
    """How the process ended.

    Attributes
    ----------
    result:
        What the kit found (`powrl.submission.server_kit.findings.Result`).
    exit_code:
        Of the process (negative: the signal that ended it), None when it was killed in the end.
    output:
        The last lines that it wrote on stdout and stderr.
    """

    result: dict[str, Any]
    exit_code: int | None
    output: str


def dry_run(root: Path, work: Path, job: DryRun, server: Server) -> ProcessResult:
    """Play the submission that was unpacked to `root`.

    Parameters
    ----------
    work:
        A folder that exists, for the process and for its result.
    server:
        What the process runs on, and what the submission finds there.

    Raises
    ------
    PowrlError
        There is no such environment, or it cannot be opened.
    """
    home, job_file, results = work / "home", work / "job.json", work / "results.jsonl"
    home.mkdir()
    job_file.write_text(json.dumps(_job(root, home, results, job, server)), encoding="utf-8")
    command = kit_command(server.python, job_file)
    # kept open: what becomes of the files by their names does not matter
    with (work / "output.txt").open("w+b") as log, results.open("w+b") as results_file:
        exit_code = _run(command, home, log, job.timeout)
        output, lines = _tail(log), results_file.read().splitlines()
    if not lines:
        raise PowrlError(
            f"the process of the check did not start ({output or exit_code}); try again."
        )
    try:
        result = parse_json(lines[-1])
        ending = ProcessResult(_printable_result(result), exit_code, output)
    except (ValueError, KeyError, TypeError) as error:
        raise PowrlError(
            f"the submission wrote into the check's own file of results ({error!r}); take out what "
            "writes into files that it did not open."
        ) from error
    failure = ending.result["failure"]
    if failure and ending.result["stage"] == "environment":
        raise PowrlError(
            f"grid2op cannot open the environment {job.name} for the check "
            f"({failure['error']}); give another --environment or --data, or more --memory."
        )
    return ending


def kit_command(python: str, job_file: Path) -> list[str]:
    """The command that plays the job in a file with an interpreter (`server_kit`)."""
    return [python, "-IBu", "-c", _START, str(Path(__file__).parent), str(job_file)]


def _job(root: Path, home: Path, results: Path, job: DryRun, server: Server) -> dict[str, Any]:
    bundled = job.data == BUNDLED
    if bundled:
        require_bundled(job.environment)
    if not bundled and not Path(job.data).is_dir():
        raise PowrlError(f"there is no folder {job.data}; give an environment folder with --data.")
    return {
        "root": str(root.resolve()),
        "writable": [str(root.resolve()), str(home.resolve())],
        "results": str(results.resolve()),
        "environment": job.name,
        "bundled": bundled,
        "steps": job.steps,
        "scenarios": job.scenarios,
        "seed": job.seed,
        "timeout": job.timeout,
        "memory": job.memory,
        "written": job.written,
        "modules": server.modules,
        "folders": server.folders,
        "others": list(server.others),
    }


def _run(command: list[str], home: Path, log: IO[bytes], timeout: float) -> int | None:
    """Exit code of a command, whose processes all end with it; None when it had to be killed."""
    variables = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    variables |= {"HOME": str(home), "TMPDIR": str(home), "OMP_NUM_THREADS": "1"}
    supervised = [sys.executable, "-IB", str(_SUPERVISOR)]
    process = subprocess.Popen(
        # two, since the command may kill or stop the one that it knows
        [*supervised, *supervised, *command],
        cwd=home,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:  # Ctrl-C does not reach its session
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        process.kill()
        process.wait()


def _tail(log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - _OUTPUT_BYTES))
    text = log.read().decode("utf-8", errors="replace")
    return _printable("\n".join(text.splitlines()[-_OUTPUT_LINES:]))


def _printable_result(result: dict[str, Any]) -> dict[str, Any]:
    """A result (`powrl.submission.server_kit.findings.Result`) whose texts a terminal can show."""
    failure = result["failure"]
    if failure is not None:
        error, traceback = _printable(failure["error"]), _printable(failure["traceback"])
        if len(error) > _ERROR_LENGTH:
            error = f"{error[:_ERROR_LENGTH]}…"
        failure = {**failure, "error": error, "traceback": traceback[-_OUTPUT_BYTES:]}
    return {**result, "failure": failure}


def _printable(text: str) -> str:
    """Without what a terminal would obey, and half characters."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
