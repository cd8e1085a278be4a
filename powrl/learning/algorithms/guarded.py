"""An algorithm of a user's own, whose errors are one sentence."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ...player.plugins import plugin_called
from .base import Algorithm


class GuardedAlgorithm:
    """Has all that an algorithm has; an error of one of its methods is a `PowrlError`.

    Parameters
    ----------
    algorithm:
        The algorithm.
    reference:
        ``module:name`` of its class.
    """

    def __init__(self, algorithm: Algorithm, reference: str) -> None:
        self._algorithm = algorithm
        self._reference = reference

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._algorithm, name)
        if not callable(value):
            return value

        @wraps(value)
        def call(*arguments: Any, **options: Any) -> Any:
            with plugin_called(f"training.algorithm: {name} of {self._reference}"):
                return value(*arguments, **options)

        return call
