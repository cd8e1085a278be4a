"""The time series of one episode as arrays, read from a grid2op environment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ...errors import PowrlError
from ...player.grid.forecasts import tell_missing_forecasts
from ...player.grid.grid2op_objects import Environment
from ...player.grid2op_internals import forecast_horizons
from ...player.lookahead.frozen import frozen


@dataclass(frozen=True, eq=False)
class Series:
    """Injections of each step, shapes ``(n_steps, n)``, float32, in grid2op's units.

    Attributes
    ----------
    gen_p, load_p, load_q:
        Active power of generators and loads (MW), reactive power of loads (MVAr).
    gen_v:
        Voltage of each generator (kV), or None where it never changes.
    """

    gen_p: np.ndarray
    gen_v: np.ndarray | None
    load_p: np.ndarray
    load_q: np.ndarray


@dataclass(frozen=True, eq=False)
class Maintenance:
    """Planned maintenance, kept only for the lines that have one.

    Attributes
    ----------
    lines:
        The lines, shape ``(k,)``.
    under_way:
        Whether each of them is in maintenance at each step, shape ``(n_steps, k)``, bool.
    until, duration:
        Steps until the next maintenance of each line (0: under way, -1: none) and how long it will
        last from now on, shape ``(n_steps, k)``, int32.
    busy:
        Whether any line is in maintenance, for each step.
    """

    lines: np.ndarray
    under_way: np.ndarray
    until: np.ndarray
    duration: np.ndarray
    busy: list[bool]


@dataclass(frozen=True, eq=False)
class Scenario:
    """What the episode stepper reads of a scenario.

    Attributes
    ----------
    name:
        Name of its chronics folder.
    n_steps:
        Steps that an episode lasts at most.
    actual, forecast:
        What happens at each step, and what was forecast at it for the next one: the present where
        the time series have no forecasts.
    set_points:
        ``actual.gen_v`` in per unit.
    set_points_move:
        Whether they differ from those of the step before, for each step.
    maintenance:
        Maintenance of this episode; some environments draw it from the seed.
    start, interval:
        Time of step 0, and the time between two steps.
    """

    name: str
    n_steps: int
    actual: Series
    forecast: Series
    set_points: np.ndarray | None
    set_points_move: list[bool]
    maintenance: Maintenance
    start: datetime
    interval: timedelta


def read_scenario(
    environment: Environment, name: str, volts_per_unit: np.ndarray, earlier: Scenario | None = None
) -> Scenario:
    """Read the scenario of an environment that was just reset.

    Parameters
    ----------
    volts_per_unit:
        Base voltage of each generator (kV), shape ``(n_gen,)``.
    earlier:
        The same scenario read before: its time series are taken over, they do not change.

    Raises
    ------
    PowrlError
        The time series are of a kind that only grid2op can play.
    """
    from grid2op.Chronics import GridStateFromFile

    data = environment.chronics_handler.real_data.data
    if not isinstance(data, GridStateFromFile):
        raise PowrlError(
            f"the time series of {name} are of the class {type(data).__name__}, which only grid2op "
            "itself can play; use the engine grid2op."
        )
    if data.chunk_size is not None:
        raise PowrlError("the time series are read in chunks; open the environment without.")
    if data.hazards is not None and np.any(data.hazards):
        raise PowrlError(
            f"{name} has hazards, which only grid2op can play; use the engine grid2op."
        )
    # of the environment itself it is -1 where a reset was told that there is no limit
    n_steps = int(environment.chronics_handler.max_episode_duration())
    if earlier is not None:
        return replace(earlier, n_steps=n_steps, maintenance=_maintenance(data))
    actual = _series(data, name, "")
    set_points = None if actual.gen_v is None else actual.gen_v / volts_per_unit
    return Scenario(
        name=name,
        n_steps=n_steps,
        actual=actual,
        forecast=_forecast(data, name) or actual,
        set_points=set_points,
        set_points_move=[] if set_points is None else _moves(set_points),
        maintenance=_maintenance(data),
        start=environment.time_stamp,
        interval=timedelta(seconds=float(environment.delta_time_seconds)),
    )


def _moves(values: np.ndarray) -> list[bool]:
    """Whether each row differs from the one before; the first one does."""
    return [True, *(values[1:] != values[:-1]).any(axis=1).tolist()]


def _series(data: Any, scenario: str, suffix: str) -> Series:
    def read(name: str) -> Any:
        values = getattr(data, name + suffix)
        if values is None:
            return None
        # a view, since the array may be grid2op's own
        return frozen(np.ascontiguousarray(values, dtype=np.float32).view())

    gen_p, gen_v, load_p, load_q = map(read, ("prod_p", "prod_v", "load_p", "load_q"))
    for file, part in (("prod_p", gen_p), ("load_p", load_p), ("load_q", load_q)):
        _require_complete(f"{file}{suffix and suffix + 'ed'}.csv of {scenario}", part)
    return Series(gen_p, gen_v, load_p, load_q)


def _require_complete(table: str, values: np.ndarray | None) -> None:
    advice = "complete it, or use the engine grid2op"
    if values is None:
        raise PowrlError(f"there is no {table}; {advice}.")
    gaps = np.argwhere(~np.isfinite(values))
    if len(gaps):
        row, column = gaps[0]
        raise PowrlError(f"{table} has no number in row {row + 1}, column {column + 1}; {advice}.")


def _forecast(data: Any, scenario: str) -> Series | None:
    if getattr(data, "load_p_forecast", None) is None:
        tell_missing_forecasts()
        return None
    series = _series(data, scenario, "_forecast")
    horizons = forecast_horizons(data)  # of several horizons the first is the next step

    def first(values: Any) -> Any:
        return None if values is None else frozen(np.ascontiguousarray(values[::horizons]).view())

    return Series(
        first(series.gen_p), first(series.gen_v), first(series.load_p), first(series.load_q)
    )


def _maintenance(data: Any) -> Maintenance:
    plan = (data.maintenance, data.maintenance_time, data.maintenance_duration)
    if plan[0] is None or plan[1] is None:
        none = np.full((len(data.load_p), data.n_line), -1)
        plan = (none == 0, none, none * 0)
    lines = np.flatnonzero(np.any(np.asarray(plan[1]) != -1, axis=0))
    under_way, until, duration = (np.asarray(values)[:, lines] for values in plan)
    return Maintenance(
        lines,
        under_way.astype(bool),
        until.astype(np.int32),
        duration.astype(np.int32),
        (under_way.any(axis=1) | (until == 0).any(axis=1)).tolist(),
    )
