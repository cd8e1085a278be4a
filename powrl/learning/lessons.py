"""Lessons for a policy: decisions with the simulated outcome of every action, and their file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import PowrlError
from ..player.array_file import load_arrays, save_arrays


@dataclass(frozen=True, eq=False)
class Lessons:
    """The decisions of an episode, or of several episodes.

    Attributes
    ----------
    features:
        Raw features that the policy reads, shape ``(n, n_features)``, float32.
    ranks:
        Rank of the simulated outcome of each action, lower is better
        (`powrl.player.rules.ranking`), shape ``(n, n_actions)``, float32. It is infinite where the
        action is illegal or ends the episode. Action 0 is do nothing.
    returns:
        Discounted reward from the decision to the end of the episode, shape ``(n,)``, float32.
    scenario:
        Name of the scenario of an episode.
    """

    features: np.ndarray
    ranks: np.ndarray
    returns: np.ndarray
    scenario: str = ""

    def __len__(self) -> int:
        return len(self.returns)

    def chosen(self, indices: np.ndarray) -> Lessons:
        """Select decisions by their indices."""
        return Lessons(self.features[indices], self.ranks[indices], self.returns[indices])

    @classmethod
    def joined(cls, parts: Sequence[Lessons]) -> Lessons:
        """Join the lessons of several episodes, in their order."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.ranks for part in parts]),
            np.concatenate([part.returns for part in parts]),
        )

    def save(self, path: Path, made_from: str) -> None:
        """Write the npz file; replaces `path` only when complete.

        Parameters
        ----------
        made_from:
            Digest of all that the lessons depend on.
        """
        save_arrays(path, {**vars(self), "made_from": np.array(made_from)})

    @classmethod
    def load(cls, path: Path, made_from: str) -> Lessons:
        """Read what `save` wrote.

        Raises
        ------
        PowrlError
            The file is missing or damaged, or made from something else.
        """
        arrays = load_arrays(path, "lesson", "remove it, and --resume makes it again")
        if str(arrays.pop("made_from", "")) != made_from:
            raise PowrlError(
                f"the lesson {path} was made from another configuration; remove it, and --resume "
                "makes it again."
            )
        return cls(arrays["features"], arrays["ranks"], arrays["returns"], str(arrays["scenario"]))
