"""The policy network run with numpy, and its file: plain arrays, no pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..array_file import load_arrays, save_arrays
from ..errors import PowrlError

FORMAT = "powrl policy 1"
_SCALARS = ("format", "activation", "mean", "variance", "clip")


def normalised(
    features: np.ndarray, mean: np.ndarray, variance: np.ndarray, clip: float
) -> np.ndarray:
    """``(features - mean) / sqrt(variance)``, clipped, float32; same shape as `features`."""
    scaled = (features - mean) / np.sqrt(variance + 1e-8)
    return np.asarray(np.clip(scaled, -clip, clip), dtype=np.float32)


@dataclass(frozen=True)
class Policy:
    """A fully connected network on normalised features.

    Attributes
    ----------
    mean, variance:
        Running statistics of the features in training, shape ``(n_features,)``.
    clip:
        Normalised features are clipped to ``[-clip, clip]``.
    activation:
        ``"relu"`` or ``"tanh"``, between layers.
    weights, biases:
        Parameters of each layer, shapes ``(n_in, n_out)`` and ``(n_out,)``.
    """

    mean: np.ndarray
    variance: np.ndarray
    clip: float
    activation: str
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    @property
    def n_features(self) -> int:
        """Number of features that it reads."""
        return len(self.mean)

    @property
    def n_actions(self) -> int:
        """Number of actions that it ranks, do nothing (0) included."""
        return len(self.biases[-1])

    def normalise(self, features: np.ndarray) -> np.ndarray:
        """As `normalised`, with what the policy was trained with."""
        return normalised(features, self.mean, self.variance, self.clip)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Preference for each action, shape ``(n_actions,)``, from raw features."""
        x = self.normalise(features)
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if index:
                x = np.maximum(x, 0) if self.activation == "relu" else np.tanh(x)
            x = x @ weight + bias
        return np.asarray(x)

    def rank(self, features: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """The allowed actions, best first (ties in the order of the action set)."""
        order = np.argsort(-self.logits(features), kind="stable")
        return np.asarray(order[allowed[order]])

    def to_arrays(self) -> dict[str, Any]:
        """What `save` writes."""
        arrays = {
            "format": np.array(FORMAT),
            "activation": np.array(self.activation),
            "mean": self.mean,
            "variance": self.variance,
            "clip": np.array(self.clip),
        }
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            arrays[f"weight_{index}"] = weight
            arrays[f"bias_{index}"] = bias
        return arrays

    def save(self, path: Path) -> None:
        """Write the npz file; replaces `path` only when complete."""
        save_arrays(path, self.to_arrays())

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Read an npz file and check it.

        Raises
        ------
        PowrlError
            The file is missing, truncated, not a policy, has arrays that do not fit each other,
            or holds a number that is not finite.
        """
        arrays = load_arrays(path, "policy", "take it from its source again")
        return _checked(arrays, path)


def _checked(arrays: Mapping[str, np.ndarray], path: Path) -> Policy:
    def refuse(why: str) -> PowrlError:
        return PowrlError(f"the policy {path} {why}; export it again from its training run.")

    missing = [name for name in _SCALARS if name not in arrays]
    if missing:
        raise refuse(f"lacks the array {missing[0]!r}")
    if str(arrays["format"]) != FORMAT:
        raise refuse(f"has the format {str(arrays['format'])!r}, not {FORMAT!r}")
    activation = str(arrays["activation"])
    if activation not in ("relu", "tanh"):
        raise refuse(f"has the activation {activation!r}, not relu or tanh")
    depth = sum(name.startswith("weight_") for name in arrays)
    layers = [(f"weight_{index}", f"bias_{index}") for index in range(depth)]
    expected = {*_SCALARS, *(name for layer in layers for name in layer)}
    if depth == 0 or set(arrays) != expected:
        raise refuse("does not hold one weight and one bias for each layer")
    for name in sorted(expected - {"format", "activation"}):
        if not np.issubdtype(arrays[name].dtype, np.floating) or not np.all(
            np.isfinite(arrays[name])
        ):
            raise refuse(f"holds a value that is not a finite number in {name!r}")
    size = arrays["mean"].shape
    if len(size) != 1 or arrays["variance"].shape != size or np.any(arrays["variance"] < 0):
        raise refuse("has a mean and a variance that do not fit each other")
    if arrays["clip"].shape != () or arrays["clip"] <= 0:
        raise refuse("has no positive clip")
    for weight, bias in layers:
        if arrays[weight].shape != (*size, *arrays[bias].shape) or arrays[bias].ndim != 1:
            raise refuse(f"has a {weight!r} that does not fit the layers beside it")
        size = arrays[bias].shape
    return Policy(
        mean=arrays["mean"],
        variance=arrays["variance"],
        clip=float(arrays["clip"]),
        activation=activation,
        weights=tuple(arrays[weight] for weight, _ in layers),
        biases=tuple(arrays[bias] for _, bias in layers),
    )
