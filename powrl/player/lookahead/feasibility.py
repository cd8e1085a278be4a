"""Storage and curtailment that generators cannot balance are cut down, where grid2op does so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..grid.grid2op_objects import Environment
from ..grid2op_internals import feasibility_guard, redispatching_tolerances
from .curtailment_limits import CurtailmentLimits
from .dispatch import Books, Dispatch
from .units import Units


class FeasibilityGuard:
    """grid2op's own guard (``LIMIT_INFEASIBLE_CURTAILMENT_STORAGE_ACTION``).

    Parameters
    ----------
    environment:
        grid2op's environment, of version 1.12.6 or later; nothing of it is changed.
    """

    def __init__(self, environment: Environment, units: Units) -> None:
        self._sizes = (len(units.pmin), len(units.energy_max), 0)
        self._guard = feasibility_guard(_stand_in(environment, units))
        self._can_curtail = units.can_curtail

    def limit(
        self,
        dispatch: Dispatch,
        limits: CurtailmentLimits,
        before: np.ndarray,
        scheduled: np.ndarray,
        books: Books,
        more: tuple[np.float32, np.float32],
    ) -> tuple[Books, tuple[np.float32, np.float32]]:
        """The books and the two amounts with what was cut off.

        Parameters
        ----------
        dispatch:
            That of the step before.
        limits:
            Curtailment in this step.
        before:
            Production asked of each generator in the step before (MW).
        scheduled:
            Production of the time series (MW); that of `books` is within the limits.
        more:
            What storage and curtailment add to the generators' work in this step (MW; the latter
            with the opposite sign).
        """
        from grid2op.Environment.dispatch import RedispatchState

        state = RedispatchState.allocate(*self._sizes)
        state.actual_dispatch[:] = dispatch.actual
        state.gen_activeprod_t_redisp[:] = before
        state.storage_current_charge[:] = books.charge
        state.storage_power[:] = books.power
        state.storage_power_prev[:] = dispatch.power
        state.limit_curtailment[:] = limits.shares
        state.limit_curtailment_prev[:] = dispatch.limits.shares
        state.amount_storage, state.sum_curtailment_mw = more
        state.amount_storage_prev, state.sum_curtailment_mw_prev = books.absorbed, books.curtailed
        state.limited_before = books.cut
        production = books.production.copy()
        self._guard.check_and_clamp(production, scheduled, state)
        limited = Books(
            state.storage_current_charge,
            state.storage_power,
            production,
            np.float32(state.amount_storage_prev),
            np.float32(state.sum_curtailment_mw_prev),
            np.float32(state.limited_before),
        )
        return limited, (state.amount_storage, state.sum_curtailment_mw)


def _stand_in(environment: Environment, units: Units) -> Any:
    """What the guard reads of an environment, in an object of its own."""
    grid: Any = type(environment)
    names = (
        *("gen_redispatchable", "gen_renewable", "gen_pmin", "gen_pmax", "gen_max_ramp_up"),
        *("gen_max_ramp_down", "storage_charging_efficiency", "storage_discharging_efficiency"),
    )
    facts = {name: np.array(getattr(grid, name)) for name in names}
    stand_in: Any = type("Grid", (), {"detachment_is_allowed": False, **facts})()
    stand_in.delta_time_seconds = environment.delta_time_seconds
    stand_in._tol_poly = redispatching_tolerances(environment)[1]

    def apply_limits(production: np.ndarray, limits: np.ndarray) -> None:
        is_limited = np.abs(limits - 1.0) >= 1e-7
        highest = units.pmax[is_limited] * limits[is_limited]
        production[is_limited] = np.minimum(highest, production[is_limited])

    stand_in._curtailment_module = SimpleNamespace(
        _apply_limits=apply_limits, _update_env_action=lambda _: None
    )
    return stand_in
