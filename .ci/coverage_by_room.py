"""Print how much of each room of powrl the tests ran, from the data that ``pytest --cov`` left.

Lines that run only in other processes, such as those of workers and submissions, count as missed.
"""

import sys
from collections import Counter
from pathlib import Path

from coverage import Coverage

PACKAGE = Path(__file__).resolve().parents[1] / "powrl"


def room_of(module: Path) -> str:
    """The folder of a module below powrl; of the player's rooms, their own."""
    parts = module.relative_to(PACKAGE).parts[:-1]
    return "/".join(parts[: 2 if parts[:1] == ("player",) else 1]) or "powrl"


def main() -> None:
    """Print a row for each room, and one for all together."""
    coverage = Coverage()
    coverage.load()
    lines: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for module in sorted(PACKAGE.rglob("*.py")):
        if "shipped_files" in module.parts:
            continue
        _, statements, _, missing, _ = coverage.analysis2(str(module))
        for room in (room_of(module), "all"):
            lines[room] += len(statements)
            missed[room] += len(missing)
    for room in sorted(lines, key=lambda name: (name == "all", name)):
        share = 100 * (1 - missed[room] / max(lines[room], 1))
        sys.stdout.write(f"{room:<20}{lines[room]:>7,} lines{share:>7.1f} %\n")


if __name__ == "__main__":
    main()
