"""The file with the seeds that a competition drew."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import PowrlError


def read_seeds(path: Path) -> dict[str, list[int]]:
    """The seeds of a JSON file: name of each scenario -> a seed, or a list of seeds for each.

    Raises
    ------
    PowrlError
        The file cannot be read or holds something else, or some scenario has more than another.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PowrlError(f"cannot read the seeds {path} ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise PowrlError(f"the seeds {path} are no JSON ({error}).") from error
    refused = PowrlError(
        f"the seeds {path} need a mapping of scenarios to whole numbers from 0 to {2**31 - 1}, or "
        "to lists of them that are equally long."
    )
    if not isinstance(body, dict) or not body:
        raise refused
    seeds = {name: value if isinstance(value, list) else [value] for name, value in body.items()}
    for numbers in seeds.values():
        if len(numbers) != len(next(iter(seeds.values()))) or not numbers:
            raise refused
        if any(type(seed) is not int or not 0 <= seed < 2**31 for seed in numbers):
            raise refused
    return seeds
