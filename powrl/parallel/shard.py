"""A part of many tasks, for the array jobs of a batch system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import ConfigurationError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Part `number` of `total`, counted from 1.

    Examples
    --------
    >>> Shard.parse("2/3").share(["a", "b", "c", "d", "e"])
    ['b', 'e']
    """

    number: int
    total: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``.

        Raises
        ------
        ConfigurationError
            It has another form, or I is not one of 1 to N.
        """
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ConfigurationError(
                f"the shard {text!r} does not have the form I/N, with I from 1 to N, as in 2/8."
            )
        return cls(int(match[1]), int(match[2]))

    def share(self, items: Sequence[Item]) -> list[Item]:
        """Every N-th item: over all shards each item once, and parts of like size."""
        return list(items[self.number - 1 :: self.total])
