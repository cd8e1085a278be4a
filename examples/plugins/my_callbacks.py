"""A callback: a class whose methods the training calls; each of them may be left out."""

from __future__ import annotations

from pathlib import Path

from powrl.configuration.sections import Configuration

ROWS: list[dict[str, float]] = []
"""The rows of the curve."""


class Collect:
    """Collect the rows of the curve in a list."""

    def on_start(self, configuration: Configuration, folder: Path) -> None:
        """Begin with an empty list."""
        del configuration, folder
        ROWS.clear()

    def on_row(self, row: dict[str, float]) -> None:
        """Append a row: ``timesteps``, and ``survival`` or ``validation``."""
        ROWS.append(row)

    def on_end(self, folder: Path) -> None:
        """Write the number of rows beside the curve."""
        (folder / "rows.txt").write_text(f"{len(ROWS)}\n", encoding="utf-8")
