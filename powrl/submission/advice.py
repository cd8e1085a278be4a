"""Why a submission's process failed, and what to do, in a sentence."""

from __future__ import annotations

import signal
from typing import Any

from .dry_run import DryRun, ProcessResult

_NO_EXIT = "take the exit out, since the server goes on in this process"


def why_it_failed(process: ProcessResult, job: DryRun) -> str:
    """What ended the last stage that was reached, where, and what to do."""
    where, failure = process.result["where"], process.result["failure"]
    finding, advice = _of_error(failure, job) if failure else _of_exit(process.exit_code, job)
    return f"{finding} ({where}); {advice}" if where else f"{finding}; {advice}"


def _of_error(failure: dict[str, Any], job: DryRun) -> tuple[str, str]:
    """What an error says (`powrl.submission.server_kit.findings.failure`), and what to do."""
    error, module = failure["error"], failure["module"]
    return {
        "error": (error, "mend this and package it again"),
        "unusable": (error, "mend this and package it again"),
        "missing": (
            f"it imports {module!r}, which a server with grid2op and lightsim2grid does not have",
            "do without it, or put it into submission/ and import it relatively",
        ),
        "own": (
            f"it imports {module!r} as if it were installed, but it lies in submission/",
            f"import it relatively: from . import {module}",
        ),
        "outside": (
            f"it would write outside of its folder ({error})",
            "a server may not let it: write below this_directory_path or tempfile.gettempdir()",
        ),
        "signals": (
            f"it would signal the process {error}, which is not its own",
            "end only what it started itself",
        ),
        "memory": (error, f"keep within {_memory(job)}, or give it more with --memory"),
        "size": (error, f"print less, and keep files below {job.written / 1e9:g} GB"),
        "exit": (f"it exits ({error})", _NO_EXIT),
    }[failure["kind"]]


def _of_exit(code: int | None, job: DryRun) -> tuple[str, str]:
    """What the end of its process says, and what to do."""
    if code is None:
        return (
            f"it had not ended after {job.timeout:g} s",
            "make it faster, or give it more time with --timeout",
        )
    if code < 0:
        return (
            f"its process was ended by signal {-code} ({signal.strsignal(-code)})",
            f"mend the crash, and keep within {_memory(job)}",
        )
    return f"its process exited with code {code}", _NO_EXIT


def _memory(job: DryRun) -> str:
    return f"{job.memory / 1e9:g} GB of memory"
