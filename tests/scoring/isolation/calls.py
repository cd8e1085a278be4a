"""Calls for processes of their own."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from powrl.errors import PowrlError
from powrl.scoring.isolation.pulse import called


def add(one: int, two: int) -> int:
    return one + two


def refuse() -> None:
    raise PowrlError("this is for another grid.")


def fail() -> None:
    raise KeyError("line")


def abort() -> None:
    os.abort()


def speak() -> None:
    print("to stdout")  # noqa: T201
    print("to stderr", file=sys.stderr)  # noqa: T201
    subprocess.run(["echo", "from a child"], check=True)


def sleep(inside: bool) -> None:
    if inside:
        with called():
            time.sleep(600)
    time.sleep(600)


def end_the_server() -> None:
    status = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8")
    ctypes.CDLL(None).kill(int(status.rpartition(")")[2].split()[1]), 9)
    time.sleep(600)


def write(path: str) -> None:
    Path(path).write_text("changed", encoding="utf-8")


def replace_the_result(folder: str) -> None:
    Path(folder, "result.json").symlink_to("/dev/zero")
    os._exit(0)


def forge_the_result(folder: str) -> None:
    Path(folder, "result.json").write_text(json.dumps({"result": 100.0}), encoding="utf-8")
    with called():
        os._exit(0)
