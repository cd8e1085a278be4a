"""Charge and power of storage units in a step, as grid2op keeps its books."""

from __future__ import annotations

import numpy as np

from .units import DispatchRules, Units

NOTHING = 1e-7
"""grid2op takes less (MW) for nothing."""


def store(
    units: Units, rules: DispatchRules, charge: np.ndarray, request: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Charge (before losses) and power after a step (``grid2op.Environment.StorageModule``).

    What is more than a unit can take, or less than it has to keep, is taken off its power.

    Parameters
    ----------
    charge:
        MWh before, shape ``(n_storage,)``, float32.
    request:
        Power of the action (MW), 0 where there is none.

    Returns
    -------
    charge, power:
        MWh and MW, shape ``(n_storage,)``, float32.
    """
    charge, power = charge.copy(), np.zeros_like(charge)
    used = np.flatnonzero(np.abs(request) >= NOTHING)
    if not len(used):
        return charge, power
    power[used] = request[used]
    efficiency = np.ones(len(used))
    if rules.has_losses:
        fills = power[used] > 0.0
        efficiency[fills] *= units.charging[used][fills]
        efficiency[~fills] /= units.discharging[used][~fills]
    hours = rules.seconds / np.float32(3600.0)
    charge[used] += power[used] * hours * efficiency
    # all units are looked at: losses may have emptied one that is idle
    full = charge > units.energy_max
    if full.any():
        excess = 1.0 / hours * (charge[full] - units.energy_max[full])
        power[full] -= excess / units.charging[full] if rules.has_losses else excess
        charge[full] = units.energy_max[full]
    empty = charge < units.energy_min
    if empty.any():
        excess = 1.0 / hours * (charge[empty] - units.energy_min[empty])
        power[empty] -= excess * units.discharging[empty] if rules.has_losses else excess
        charge[empty] = units.energy_min[empty]
    return charge, power


def after_losses(units: Units, rules: DispatchRules, charge: np.ndarray) -> np.ndarray:
    """The charge (MWh) after what units lose by themselves in a step."""
    if not rules.has_losses:
        return charge
    return np.asarray(
        np.maximum(charge - units.loss * rules.seconds / np.float32(3600.0), np.float32(0.0))
    )
