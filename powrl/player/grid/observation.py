"""The observation: what an agent sees of a step, of grid2op or of the episode stepper."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from .grid2op_objects import ActionSpace, GridSizes, Injections4


class Observation(GridSizes, Protocol):
    """The attributes that powrl reads; they mean what they mean in grid2op.

    ``grid2op.Observation.BaseObservation`` has them, and so has the observation of the episode
    stepper. A rule, a feature or a reward of your own may read them without losing the speed of
    the stepper.

    Examples
    --------
    >>> def highest_load(observation: Observation) -> float:
    ...     return float(observation.rho.max())
    """

    @property
    def current_step(self) -> int:
        """Steps since the beginning of the scenario."""
        ...

    @property
    def max_step(self) -> int:
        """Steps that the episode lasts at most."""
        ...

    @property
    def rho(self) -> np.ndarray:
        """Load of each line, share of its thermal limit, shape ``(n_line,)``."""
        ...

    @property
    def line_status(self) -> np.ndarray:
        """Which lines are connected, shape ``(n_line,)``, bool."""
        ...

    @property
    def topo_vect(self) -> np.ndarray:
        """Busbar of each element, -1 where it is disconnected, shape ``(dim_topo,)``."""
        ...

    @property
    def p_or(self) -> np.ndarray:
        """Active power at the origin of each line (MW), shape ``(n_line,)``."""
        ...

    @property
    def q_or(self) -> np.ndarray:
        """Reactive power at the origin of each line (MVAr), shape ``(n_line,)``."""
        ...

    @property
    def thermal_limit(self) -> np.ndarray:
        """Of each line (A), shape ``(n_line,)``."""
        ...

    @property
    def timestep_overflow(self) -> np.ndarray:
        """Steps for which each line has been over its limit, shape ``(n_line,)``."""
        ...

    @property
    def timestep_protection_engaged(self) -> np.ndarray:
        """Steps for which the protection of each line has been counting, shape ``(n_line,)``."""
        ...

    @property
    def time_before_cooldown_line(self) -> np.ndarray:
        """Steps before each line can be acted on again, shape ``(n_line,)``."""
        ...

    @property
    def time_before_cooldown_sub(self) -> np.ndarray:
        """Steps before each substation can be acted on again, shape ``(n_sub,)``."""
        ...

    @property
    def time_since_last_attack(self) -> np.ndarray:
        """Steps since the last attack on each line that alerts are for began; -1: never.

        Shape ``(dim_alerts,)``. An attack that lasts tells by this alone on IDF 2023, where the
        line is in no cooldown.
        """
        ...

    @property
    def time_next_maintenance(self) -> np.ndarray:
        """Steps until the next maintenance of each line; 0: under way, -1: none."""
        ...

    @property
    def duration_next_maintenance(self) -> np.ndarray:
        """Steps that it lasts, or goes on for, shape ``(n_line,)``."""
        ...

    @property
    def gen_p(self) -> np.ndarray:
        """Active power of each generator (MW), shape ``(n_gen,)``."""
        ...

    @property
    def gen_v(self) -> np.ndarray:
        """Voltage of each generator (kV), shape ``(n_gen,)``."""
        ...

    @property
    def load_p(self) -> np.ndarray:
        """Active power of each load (MW), shape ``(n_load,)``."""
        ...

    @property
    def load_q(self) -> np.ndarray:
        """Reactive power of each load (MVAr), shape ``(n_load,)``."""
        ...

    @property
    def actual_dispatch(self) -> np.ndarray:
        """What redispatching adds to the production of each generator (MW), ``(n_gen,)``."""
        ...

    @property
    def target_dispatch(self) -> np.ndarray:
        """What was asked to be added to it (MW), shape ``(n_gen,)``."""
        ...

    @property
    def storage_charge(self) -> np.ndarray:
        """Energy in each storage unit (MWh), shape ``(n_storage,)``."""
        ...

    @property
    def storage_power(self) -> np.ndarray:
        """Power that each storage unit absorbs (MW; negative: it produces), ``(n_storage,)``."""
        ...

    @property
    def storage_power_target(self) -> np.ndarray:
        """What the last action asked of each storage unit (MW), shape ``(n_storage,)``."""
        ...

    @property
    def gen_p_before_curtail(self) -> np.ndarray:
        """Power of renewable generators without curtailment (MW), 0 of others, ``(n_gen,)``."""
        ...

    @property
    def curtailment(self) -> np.ndarray:
        """What is curtailed of each generator, share of its ``pmax``, shape ``(n_gen,)``."""
        ...

    @property
    def curtailment_limit(self) -> np.ndarray:
        """Limit that actions set, share of ``pmax``, shape ``(n_gen,)``; 1: none."""
        ...

    @property
    def curtailment_limit_effective(self) -> np.ndarray:
        """Limit that is kept, share of ``pmax``, shape ``(n_gen,)``; 1: none."""
        ...

    @property
    def name_line(self) -> np.ndarray:
        """Name of each line, shape ``(n_line,)``."""
        ...

    @property
    def name_sub(self) -> np.ndarray:
        """Name of each substation, shape ``(n_sub,)``."""
        ...

    @property
    def line_or_to_subid(self) -> np.ndarray:
        """Substation at the origin of each line, shape ``(n_line,)``."""
        ...

    @property
    def line_ex_to_subid(self) -> np.ndarray:
        """Substation at the extremity of each line, shape ``(n_line,)``."""
        ...

    def get_time_stamp(self) -> datetime:
        """Date and time of the step."""
        ...

    def get_forecasted_inj(self, time_step: int = 1) -> Injections4:
        """Injections forecast for `time_step` steps ahead, or those of now (0).

        Raises
        ------
        grid2op.Exceptions.NoForecastAvailable
            There is no forecast so far ahead.
        """
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """An observation that can be told what to foresee: that of the episode stepper."""

    def foreseeing(self, injections: Injections4) -> Observation:
        """A copy whose forecast for the next step are these injections."""
        ...


class SimulatingObservation(Observation, Protocol):
    """An observation of grid2op, which can simulate an action by itself.

    Attributes
    ----------
    action_helper:
        Makes the actions.
    """

    action_helper: ActionSpace

    def simulate(self, action: object, time_step: int = 1) -> tuple[Any, float, bool, Any]:
        """Observation, reward, game over and more (``BaseObservation.simulate``)."""
        ...


def as_simulating(observation: Observation) -> SimulatingObservation | None:
    """The observation if it is grid2op's own, or None: it is of the episode stepper."""
    if hasattr(type(observation), "simulate"):  # of the stepper a message would be made, at a cost
        return cast(SimulatingObservation, observation)
    return None
