"""Callbacks of a training: a user's own code at its start, at each row of the curve, at its end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..configuration.sections import Configuration
from ..player.plugins import plugin_called

Row = Mapping[str, Any]
"""A row of the curve: ``timesteps`` and what was measured there."""


class Callbacks:
    """The callbacks of a configuration, called in their order.

    Raises
    ------
    PowrlError
        One cannot be imported, or raises an error as it is constructed or called.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._callbacks: dict[str, object] = {}
        for reference in configuration.training.callbacks:
            plugin = configuration.load_plugin(reference)
            if isinstance(plugin, type):
                with plugin_called(f"the callback {reference}"):
                    plugin = plugin()
            self._callbacks[reference] = plugin

    def on_start(self, folder: Path) -> None:
        """Say that the training in a run folder begins, or goes on."""
        self._call("on_start", self._configuration, folder)

    def on_row(self, row: Row) -> None:
        """Hand on a row of the curve."""
        for reference, callback in self._callbacks.items():
            function = getattr(callback, "on_row", callback)
            if callable(function):
                with plugin_called(f"the callback {reference}"):
                    function(dict(row))

    def on_end(self, folder: Path) -> None:
        """Say that the training in a run folder has reached its end."""
        self._call("on_end", folder)

    def _call(self, method: str, *arguments: object) -> None:
        for reference, callback in self._callbacks.items():
            function = getattr(callback, method, None)
            if function is not None:
                with plugin_called(f"the callback {reference}"):
                    function(*arguments)
