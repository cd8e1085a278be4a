"""The decisions of past episodes, from which an off-policy algorithm learns again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..rollout import Trajectory

_ARRAYS = ("features", "masks", "actions", "rewards", "passed")


@dataclass(frozen=True)
class Sample:
    """Decisions with the states after them.

    Attributes
    ----------
    features, masks, actions, rewards, passed:
        As in `powrl.learning.rollout.Trajectory`.
    next_features, next_masks:
        Features and mask of the next decision; arbitrary where the episode ended.
    ended:
        Whether the episode ended with the decision, shape ``(n,)``, bool.
    """

    features: np.ndarray
    masks: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    passed: np.ndarray
    next_features: np.ndarray
    next_masks: np.ndarray
    ended: np.ndarray


class ReplayMemory:
    """Whole episodes one after the other; the oldest make room for new ones.

    Parameters
    ----------
    size:
        Decisions to hold at most; the last episode stays in any case.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._arrays: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._arrays["ended"]) if self._arrays else 0

    def add(self, trajectories: Sequence[Trajectory]) -> None:
        """Add episodes, each with a decision at least."""
        fresh = {
            name: np.concatenate([getattr(trajectory, name) for trajectory in trajectories])
            for name in _ARRAYS
        }
        fresh["ended"] = np.zeros(len(fresh["actions"]), dtype=bool)
        fresh["ended"][np.cumsum([len(trajectory) for trajectory in trajectories]) - 1] = True
        if self._arrays:
            fresh = {name: np.concatenate([self._arrays[name], fresh[name]]) for name in fresh}
        starts = np.concatenate([[0], np.flatnonzero(fresh["ended"])[:-1] + 1])
        fits = starts[len(fresh["ended"]) - starts <= self._size]
        first = fits[0] if len(fits) else starts[-1]
        self._arrays = {name: array[first:] for name, array in fresh.items()}

    def sample(self, n: int, random: np.random.Generator) -> Sample:
        """Draw `n` decisions evenly."""
        index = random.integers(len(self), size=n)
        after = np.minimum(index + 1, len(self) - 1)
        drawn = {name: array[index] for name, array in self._arrays.items()}
        return Sample(
            **drawn,
            next_features=self._arrays["features"][after],
            next_masks=self._arrays["masks"][after],
        )

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        return dict(self._arrays)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take up what `state` gave."""
        self._arrays = {name: np.asarray(array) for name, array in state.items()}
