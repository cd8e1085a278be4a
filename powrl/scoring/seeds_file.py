"""The file with the seeds that a competition drew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import PowrlError
from ..storage.json_file import read_json


def read_seeds(path: Path) -> dict[str, list[int]]:
    """The seeds of a JSON file: name of each scenario -> a seed, or a list of seeds for each.

    Raises
    ------
    PowrlError
        The file cannot be read or holds something else, or some scenario has more than another.
    """
    body = read_json(path, "give a JSON file with the seeds, or leave out --seeds-file")
    return seeds_of(body, str(path))


def seeds_of(body: Any, name: str) -> dict[str, list[int]]:
    """The seeds of a mapping: name of each scenario -> a seed, or a list of seeds for each.

    Parameters
    ----------
    name:
        What is said after "the seeds" in the sentence of an error.

    Raises
    ------
    PowrlError
        It is something else, or some scenario has more seeds than another.

    Examples
    --------
    >>> seeds_of({"000": 3, "001": [4]}, "that were given")
    {'000': [3], '001': [4]}
    """
    refused = PowrlError(
        f"the seeds {name} need a mapping of scenarios to whole numbers from 0 to {2**31 - 1}, or "
        "to lists of them that are equally long."
    )
    if not isinstance(body, Mapping) or not body:
        raise refused
    seeds = {
        scenario: list(value) if isinstance(value, (list, tuple, range)) else [value]
        for scenario, value in body.items()
    }
    for numbers in seeds.values():
        if len(numbers) != len(next(iter(seeds.values()))) or not numbers:
            raise refused
        if any(type(seed) is not int or not 0 <= seed < 2**31 for seed in numbers):
            raise refused
    return seeds
