"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from powrl.workspace.versions import versions


def describe_machine() -> str:
    """Processor, number of cores, Python and versions of the packages, in one line."""
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{_processor()}, {os.cpu_count()} cores; {packages}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
