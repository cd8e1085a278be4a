"""Storage and curtailment that generators cannot balance are cut down, where grid2op does so."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..grid.grid2op_objects import Environment
from ..grid2op_internals import feasibility_guard, redispatching_tolerances
from .dispatch import Dispatch
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
        before: Dispatch,
        after: Dispatch,
        produced: np.ndarray,
        scheduled: np.ndarray,
        more_storage: np.float32,
        more_curtailment: np.float32,
    ) -> tuple[Dispatch, np.float32, np.float32]:
        """The dispatch and the two amounts with what was cut off.

        Parameters
        ----------
        before, after:
            The dispatch of the step before, and that of this one.
        produced:
            Production asked of each generator in the step before (MW).
        scheduled:
            Production of the time series (MW).
        more_storage, more_curtailment:
            What storage and curtailment add to the generators' work in this step (MW; the latter
            with the opposite sign).
        """
        from grid2op.Environment.dispatch import RedispatchState

        state = RedispatchState.allocate(*self._sizes)
        state.actual_dispatch[:] = after.actual
        state.gen_activeprod_t_redisp[:] = produced
        state.storage_current_charge[:] = after.charge
        state.storage_power[:] = after.power
        state.storage_power_prev[:] = before.power
        state.limit_curtailment[:] = after.limits.shares
        state.limit_curtailment_prev[:] = before.limits.shares
        state.amount_storage, state.amount_storage_prev = more_storage, after.absorbed
        state.sum_curtailment_mw, state.sum_curtailment_mw_prev = more_curtailment, after.curtailed
        state.limited_before = after.cut
        production = after.asked_of_generators(scheduled).copy()
        self._guard.check_and_clamp(production, scheduled, state)
        limited = replace(
            after,
            charge=state.storage_current_charge,
            power=state.storage_power,
            production=production,
            absorbed=np.float32(state.amount_storage_prev),
            curtailed=np.float32(state.sum_curtailment_mw_prev),
            cut=np.float32(state.limited_before),
        )
        return limited, state.amount_storage, state.sum_curtailment_mw


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
        most = units.pmax[is_limited] * limits[is_limited]
        production[is_limited] = np.minimum(most, production[is_limited])

    stand_in._curtailment_module = SimpleNamespace(
        _apply_limits=apply_limits, _update_env_action=lambda _: None
    )
    return stand_in
