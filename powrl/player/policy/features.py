"""The observation as a feature vector: groups of powrl (`groups`) and functions of a user.

Values are raw here; `powrl.player.policy.network.Policy` normalises them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from ..errors import ConfigurationError, PowrlError, count
from ..grid.grid2op_objects import GridSizes
from ..grid.observation import Observation
from ..plugins import is_plugin, load_plugin, plugin_called
from .groups import GROUPS


class PluginFeature:
    """A function of a user that makes an array of an observation.

    Parameters
    ----------
    reference:
        The function as ``module:name``.
    function:
        The function itself.

    Attributes
    ----------
    size:
        Number of features, or None before the first observation.
    """

    def __init__(self, reference: str, function: Callable[[Observation], object]) -> None:
        self.reference = reference
        self.size: int | None = None
        self._function = function

    def __call__(self, observation: Observation) -> list[np.ndarray]:
        """Read the features, and check them.

        Raises
        ------
        PowrlError
            The function raises an error, returns something else than finite numbers, or their
            number is another than before.
        """
        with plugin_called(f"the feature {self.reference}"):
            values = np.ravel(np.asarray(self._function(observation), dtype=np.float32))
        if not np.isfinite(values).all():
            raise PowrlError(f"the feature {self.reference} returned a value that is not finite.")
        if self.size is None:
            self.size = len(values)
        if len(values) != self.size:
            raise PowrlError(
                f"the feature {self.reference} changed its size from {self.size} to {len(values)}; "
                "return as many numbers at every step."
            )
        return [values]


class Features:
    """Turns an observation into the vector of some groups, in their order.

    Parameters
    ----------
    groups:
        Names of groups of powrl, and functions of a user as ``module:name``.
    folders:
        Where the files of the latter lie.
    n_features:
        Size of the vector that a policy reads, where there is one.

    Raises
    ------
    PowrlError
        There is no group, an unknown one, one twice, or a function that cannot be imported.

    Examples
    --------
    >>> Features(["line_load", "time"]).groups
    ('line_load', 'time')
    """

    def __init__(
        self,
        groups: Sequence[str],
        folders: Sequence[Path] = (),
        n_features: int | None = None,
    ) -> None:
        unknown = [group for group in groups if group not in GROUPS and not is_plugin(group)]
        if not groups or unknown or len(set(groups)) < len(groups):
            raise ConfigurationError(
                f"observation groups {list(groups)}: give one or more of {', '.join(GROUPS)} "
                "or module:name, each once."
            )
        self.groups = tuple(groups)
        self._n_features = n_features
        self._plugins = {
            group: PluginFeature(group, load_plugin(group, folders))
            for group in groups
            if is_plugin(group)
        }
        self._readers = [self._plugins.get(group) or GROUPS[group].read for group in groups]

    def __call__(self, observation: Observation) -> np.ndarray:
        """Read the feature vector, shape ``(n_features,)``, float32."""
        parts = [np.ravel(part) for reader in self._readers for part in reader(observation)]
        vector = np.concatenate(parts).astype(np.float32)
        if self._n_features not in (None, len(vector)):
            raise PowrlError(
                f"the features {', '.join(self._plugins) or ', '.join(self.groups)} have another "
                "size than in the training: the policy reads "
                f"{count(self._n_features, 'number')}, and they are {len(vector)}."
            )
        return vector

    def size(self, grid: GridSizes, observation: Observation | None = None) -> int:
        """Count the features on a grid.

        Parameters
        ----------
        grid:
            Environment, action space or observation of grid2op.
        observation:
            Functions of a user are counted by what they make of it; without, they are left out.
        """
        if observation is not None:
            for plugin in self._plugins.values():
                plugin(observation)
        own = [GROUPS[group].size(grid) for group in self.groups if group in GROUPS]
        return int(sum(own) + sum(plugin.size or 0 for plugin in self._plugins.values()))

    def fit(self, grid: GridSizes, n_features: int) -> bool:
        """Whether a policy with `n_features` inputs can read these features on a grid."""
        size = self.size(grid)
        return n_features > size if self._plugins else n_features == size

    def has_plugins(self) -> bool:
        """Whether a user's function is among the groups."""
        return bool(self._plugins)
