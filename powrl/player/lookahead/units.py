"""What generators and storage units can do, and what grid2op makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..grid.grid2op_objects import Environment
from ..grid2op_internals import redispatching_tolerances


@dataclass(frozen=True, eq=False)
class Units:
    """Limits of generators and storage units (``grid2op.Space.GridObjects``), float32.

    Attributes
    ----------
    pmin, pmax, ramp_up, ramp_down:
        MW, and MW per step, of each generator, shape ``(n_gen,)``.
    can_move, can_curtail:
        Which generators can be redispatched, and which curtailed, shape ``(n_gen,)``, bool.
    energy_min, energy_max:
        MWh that each storage unit holds at least and at most, shape ``(n_storage,)``.
    absorbs, produces:
        Greatest power with which each unit is charged and discharged (MW).
    loss:
        MW that each unit loses by itself.
    charging, discharging:
        Their efficiencies, shares.
    """

    pmin: np.ndarray
    pmax: np.ndarray
    ramp_up: np.ndarray
    ramp_down: np.ndarray
    can_move: np.ndarray
    can_curtail: np.ndarray
    energy_min: np.ndarray
    energy_max: np.ndarray
    absorbs: np.ndarray
    produces: np.ndarray
    loss: np.ndarray
    charging: np.ndarray
    discharging: np.ndarray

    @classmethod
    def from_grid2op(cls, environment: Environment) -> Units:
        """Read those of an environment.

        An environment may know nothing of what its generators can do: then none can be moved.
        """
        grid: Any = type(environment)
        has_limits = bool(grid.redispatching_unit_commitment_availble)

        def limits(name: str) -> np.ndarray:
            values = getattr(grid, name) if has_limits else np.zeros(grid.n_gen)
            return np.array(values, dtype=np.float32)

        def storage(name: str) -> np.ndarray:
            return np.array(getattr(grid, name), dtype=np.float32)

        return cls(
            *map(limits, ("gen_pmin", "gen_pmax", "gen_max_ramp_up", "gen_max_ramp_down")),
            *(limits(name).astype(bool) for name in ("gen_redispatchable", "gen_renewable")),
            *map(storage, ("storage_Emin", "storage_Emax")),
            *map(storage, ("storage_max_p_absorb", "storage_max_p_prod", "storage_loss")),
            *map(storage, ("storage_charging_efficiency", "storage_discharging_efficiency")),
        )

    @property
    def are_known(self) -> bool:
        """Whether the environment knows what its generators can do."""
        return bool(self.pmax.any())


@dataclass(frozen=True)
class DispatchRules:
    """What an environment allows (``grid2op.Parameters``).

    Attributes
    ----------
    keys:
        The parts that grid2op allows in an action (``authorized_keys``).
    seconds:
        Duration of a step.
    has_losses:
        Whether storage units lose energy.
    may_start_generators:
        Whether the dispatch may start and stop generators.
    limits_infeasible:
        Whether storage and curtailment that cannot be balanced are cut down.
    epsilon, tolerance:
        Precision and tolerance of the dispatch (MW).
    """

    keys: frozenset[str]
    seconds: np.float32
    has_losses: bool
    may_start_generators: bool
    limits_infeasible: bool
    epsilon: float
    tolerance: float

    @classmethod
    def from_grid2op(cls, environment: Environment) -> DispatchRules:
        """Read those of an environment."""
        parameters = environment.parameters
        epsilon, tolerance = redispatching_tolerances(environment)
        return cls(
            keys=frozenset(environment.action_space.actionClass.authorized_keys),
            seconds=np.float32(environment.delta_time_seconds),
            has_losses=bool(parameters.ACTIVATE_STORAGE_LOSS),
            may_start_generators=bool(
                parameters.IGNORE_MIN_UP_DOWN_TIME and parameters.ALLOW_DISPATCH_GEN_SWITCH_OFF
            ),
            limits_infeasible=bool(parameters.LIMIT_INFEASIBLE_CURTAILMENT_STORAGE_ACTION),
            epsilon=epsilon,
            tolerance=tolerance,
        )
