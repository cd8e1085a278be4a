"""Copies of environment folders with a few rows of their scenarios, for tests of a few steps.

grid2op reads whole time series for each environment and each reset, which takes seconds where
they are long.
"""

from __future__ import annotations

import bz2
import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import grid2op

BUNDLED = Path(grid2op.__file__).parent / "data"

HORIZONS = {"l2rpn_idf_2023": 12}
"""Environment -> rows of its forecasts for each row of what happens, unless it is one."""


def with_rows(source: Path, parent: Path, names: Iterable[str], rows: range) -> Path:
    """Copy an environment folder into the folder `parent`, with these rows of these scenarios.

    Returns
    -------
    Path
        The copy, which has the name of the original.
    """
    ignored = shutil.ignore_patterns("chronics", "__pycache__", "_statistics*")
    copy = Path(shutil.copytree(source, parent / source.name, ignore=ignored))
    for name in names:
        series = copy / "chronics" / name
        series.mkdir(parents=True)
        for path in sorted((source / "chronics" / name).iterdir()):
            if path.suffix != ".bz2":
                shutil.copyfile(path, series / path.name)
                continue
            times = HORIZONS.get(source.name, 1) if "forecasted" in path.name else 1
            with bz2.open(path, "rt", encoding="utf-8") as lines:
                text = next(lines) + "".join(islice(lines, times * rows.start, times * rows.stop))
            (series / path.stem).write_text(text, encoding="utf-8")
    return copy
