"""The start and the end of the process.

`powrl.submission.dry_run` starts it in the server's interpreter and writes its job.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from .findings import Result
from .play import attempt
from .sandbox import confine


def main(job_file: str) -> NoReturn:
    """Do a job and end the process.

    Each stage adds a line to the job's file of results. The last line tells where a process ended
    that was killed.
    """
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    faulthandler.enable()  # a crash of compiled code says where
    # shortly before the process is killed, say on stderr what it is doing
    faulthandler.dump_traceback_later(max(job["timeout"] - 1, job["timeout"] / 2))
    sys.path.extend(folder for folder in job["folders"] if folder not in sys.path)
    sys.path.append(job["root"])
    result = Result(Path(job["results"]))  # opened before the sandbox forbids it
    confine(job)
    attempt(job, result)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # it may have closed or replaced them
            stream.flush()
    os._exit(0)  # threads that the submission left running must not hold up the result
