"""One part of an action: what an action may do to one kind of element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from ..grid.reductions import any_hold

SamePart = TypeVar("SamePart", bound="Part")


@dataclass(frozen=True, eq=False)
class Part(ABC):
    """A part of an action: topology, line status, redispatching, storage, curtailment, warnings.

    A part is immutable. It knows its arrays, how two add up and its form in grid2op.

    Attributes
    ----------
    key:
        grid2op's name of it, as ``action_space({key: ...})`` takes it.
    is_topological:
        Whether it leaves all injections as they are, so that its outcome depends on the topology
        alone.
    values:
        One number per element; 0 (of a curtailment -1) leaves it as it is.
    """

    key: ClassVar[str]
    is_topological: ClassVar[bool] = False

    values: np.ndarray

    @property
    def is_nothing(self) -> bool:
        """Whether it names no element."""
        return not any_hold(self.values)

    def __add__(self: SamePart, other: SamePart) -> SamePart:
        """Both in one; where both name an element, `other` has the last word."""
        return type(self)(np.where(other.values != 0, other.values, self.values))

    def to_grid2op(self) -> Any:
        """What ``action_space({key: ...})`` takes."""
        return self.values

    @classmethod
    @abstractmethod
    def from_grid2op(cls: type[SamePart], action: Grid2opAction) -> SamePart | None:
        """Read the part of a grid2op action, or None: it has none."""
