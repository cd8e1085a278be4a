"""What grid2op plays without a word, and a user may not expect: gaps, and lines without limits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from ..errors import count
from ..player.grid.grid2op_objects import Environment
from ..player.grid2op_internals import forecast_horizons

UNLIMITED_AMPERES = 50_000.0
"""No line of a transmission grid carries as much: its limit is none."""

_SERIES = ("load_p", "load_q", "prod_p", "prod_v")
_MOST_NAMED = 3
_LONGEST = 400

log = logging.getLogger(__name__)


def gaps_of(environment: Environment) -> Iterator[str]:
    """The first value of each time series that is no finite number, in words.

    Parameters
    ----------
    environment:
        A grid2op environment that was just reset.
    """
    data = environment.chronics_handler.real_data.data
    for name in _SERIES:
        values = getattr(data, name, None)
        if values is None or not hasattr(values, "shape"):
            continue
        gaps = np.argwhere(~np.isfinite(values))
        if len(gaps):
            yield f"{name}, step {gaps[0][0]}: {values[tuple(gaps[0])]:g}"


def short_forecast(environment: Environment) -> str | None:
    """What forecasts lack for the last steps of a scenario, in words; None where nothing.

    Parameters
    ----------
    environment:
        A grid2op environment that was just reset.
    """
    data = environment.chronics_handler.real_data.data
    if getattr(data, "chunk_size", None) is not None:  # which are read piece by piece
        return None
    for name in _SERIES:
        played, forecasts = getattr(data, name, None), getattr(data, f"{name}_forecast", None)
        if not isinstance(played, np.ndarray) or not isinstance(forecasts, np.ndarray):
            continue
        needed = (len(played) - 1) * forecast_horizons(data)
        if len(forecasts) < needed:
            return f"{name}_forecasted has {count(len(forecasts), 'row')}, and {needed} are needed"
    return None


def tell_oddities(environment: Environment, gaps: Sequence[str]) -> None:
    """Log what is odd about an environment (level WARNING).

    Parameters
    ----------
    environment:
        A grid2op environment.
    gaps:
        Values of its scenarios that are no numbers, in words.
    """
    if gaps:
        more = "" if len(gaps) <= _MOST_NAMED else f" and {len(gaps) - _MOST_NAMED} more"
        log.warning(
            "time series have values that are no numbers, for which grid2op keeps the ones before "
            "or ends the episode: %s%s.",
            "; ".join(gaps[:_MOST_NAMED]),
            more,
        )
    if text := unlimited_lines(environment):
        log.warning("%s", text)


def unlimited_lines(environment: Environment) -> str | None:
    """A sentence about the lines that have no thermal limit; None where all have one."""
    unlimited = int(np.sum(environment.get_thermal_limit() >= UNLIMITED_AMPERES))
    if not unlimited:
        return None
    return (
        f"without a thermal limit, and so never overloaded: {unlimited} of {environment.n_line} "
        f"lines; give thermal_limits (A) in config.py of {environment.get_path_env()}."
    )


def in_short(error: BaseException) -> str:
    """An error of grid2op or of an environment's own code, in a line."""
    text = " ".join(str(error).split())
    kind = type(error).__name__
    if kind not in text:
        text = f"{kind}: {text}" if text else kind
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
