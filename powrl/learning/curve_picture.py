"""The picture of a training: validations and rollouts over decisions, the imitation by epoch."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

# of Okabe and Ito, told apart by colour-blind readers
_VALIDATION, _ROLLOUT, _LEARNED, _HELD_OUT = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
_SMOOTHED = 10
"""Rollouts of a mean."""


def curve_picture(rows: Sequence[dict[str, Any]]) -> bytes:
    """Draw the curve of a training.

    Parameters
    ----------
    rows:
        Those of ``curve.jsonl``.

    Returns
    -------
    bytes
        A PNG file.
    """
    from matplotlib.figure import Figure  # seconds of import, of no use to a refusal

    epochs = [row for row in rows if "epoch" in row]
    figure = Figure(figsize=(11 if epochs else 8, 4.2), layout="constrained")
    panels = figure.subplots(1, 2 if epochs else 1, squeeze=False)[0]
    _draw_survival(panels[0], rows)
    if epochs:
        _draw_imitation(panels[1], epochs)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _draw_survival(axes: Any, rows: Sequence[dict[str, Any]]) -> None:
    rollouts = [row for row in rows if "episodes" in row]
    validations = [row for row in rows if "validation" in row]
    if rollouts:
        survival = 100 * np.array([row["survival"] for row in rollouts])
        steps = [row["timesteps"] for row in rollouts]
        axes.plot(steps, survival, color=_ROLLOUT, alpha=0.35, linewidth=1)
        axes.plot(steps, _running_mean(survival), color=_ROLLOUT, label="rollouts, drawn actions")
    axes.plot(
        [row["timesteps"] for row in validations],
        [100 * row["validation"] for row in validations],
        "o-",
        color=_VALIDATION,
        label="validations",
    )
    axes.set_xlabel("decisions learned from")
    axes.set_ylabel("steps survived (%)")
    axes.legend(loc="best")
    axes.grid(alpha=0.3)


def _draw_imitation(axes: Any, epochs: Sequence[dict[str, Any]]) -> None:
    numbers = [row["epoch"] for row in epochs]
    axes.plot(numbers, [row["loss"] for row in epochs], color=_LEARNED, label="lessons")
    held_out = [row["held_out_loss"] for row in epochs]
    axes.plot(numbers, held_out, color=_HELD_OUT, label="held-out lessons")
    axes.set_xlabel("epoch of the imitation")
    axes.set_ylabel("loss")
    axes.legend(loc="best")
    axes.grid(alpha=0.3)


def _running_mean(values: np.ndarray) -> np.ndarray:
    """The mean of the last `_SMOOTHED` values at each, shape ``(n,)``."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - _SMOOTHED, 0)
    means: np.ndarray = (sums[last] - sums[first]) / (last - first)
    return means
