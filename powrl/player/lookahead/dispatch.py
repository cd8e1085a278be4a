"""How generators, storage units and curtailment deviate from the time series in a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..grid.observation import Observation
from ..grid2op_internals import dispatch_facts
from .curtailment_limits import CurtailmentLimits
from .frozen import frozen
from .units import Units

NO_POWER = np.float32(0.0)


class Books(NamedTuple):
    """What storage and curtailment do in a step, as grid2op keeps its books.

    Attributes
    ----------
    charge, power, production, absorbed, curtailed, cut:
        As in `Dispatch`.
    """

    charge: np.ndarray
    power: np.ndarray
    production: np.ndarray
    absorbed: np.float32
    curtailed: np.float32
    cut: np.float32


@dataclass(frozen=True, eq=False)
class Dispatch:
    """What was asked and what is done beside the time series; it is never written to.

    Attributes
    ----------
    target, actual:
        What was asked of each generator, and what it does (MW), shape ``(n_gen,)``, float32
        (``target_dispatch`` and ``actual_dispatch`` of grid2op's observation).
    moved:
        Which of them an action has ever moved, shape ``(n_gen,)``, bool.
    request:
        Power that the action asked of each storage unit (MW; negative: to produce it), shape
        ``(n_storage,)``, float32.
    limits:
        Curtailment of the generators.
    charge, power:
        Energy in each storage unit (MWh), and the power that it absorbs in this step (MW), shape
        ``(n_storage,)``, float32.
    production:
        Production asked of each generator in this step (MW), or None: that of the time series and
        the dispatch.
    absorbed, curtailed:
        What generators have been compensating for since this step (MW): power of the storage
        units, production (negative) that curtailment took away.
    cut:
        What grid2op cut from storage and curtailment since it could not be balanced (MW).
    """

    target: np.ndarray
    actual: np.ndarray
    moved: np.ndarray
    request: np.ndarray
    limits: CurtailmentLimits
    charge: np.ndarray
    power: np.ndarray
    production: np.ndarray | None = None
    absorbed: np.float32 = NO_POWER
    curtailed: np.float32 = NO_POWER
    cut: np.float32 = NO_POWER

    @classmethod
    def none(cls, units: Units, charge: np.ndarray) -> Dispatch:
        """That of an episode's start, with the energy in each storage unit (MWh)."""
        n_gen = len(units.pmax)
        zero = frozen(np.zeros(n_gen, dtype=np.float32))
        idle = frozen(np.zeros(len(charge), dtype=np.float32))
        limits = CurtailmentLimits(frozen(np.ones(n_gen, dtype=np.float32)), units.pmax)
        return cls(zero, zero, frozen(np.zeros(n_gen, dtype=bool)), idle, limits, charge, idle)

    @classmethod
    def from_grid2op(cls, observation: Observation, units: Units) -> Dispatch | None:
        """That of grid2op's observation, or None: grid2op is older than 1.12.6."""
        facts = dispatch_facts(observation)
        if facts is None:
            return None
        return cls(
            target=facts["target_dispatch"],
            actual=facts["actual_dispatch"],
            moved=facts["already_modified_gen"],
            charge=facts["storage_current_charge"],
            power=facts["storage_power"],
            request=facts["action_storage"],
            limits=CurtailmentLimits(facts["limit_curtailment"], units.pmax),
            production=facts["gen_activeprod_t_redisp"],
            absorbed=np.float32(facts["amount_storage_prev"]),
            curtailed=np.float32(facts["sum_curtailment_mw_prev"]),
            cut=np.float32(facts["limited_before"]),
        )

    @property
    def is_redispatching(self) -> bool:
        """Whether generators alone deviate: no curtailment or storage is to be compensated."""
        return self.limits.is_none and not (self.absorbed or self.curtailed or self.cut)

    def production_of(self, scheduled: np.ndarray) -> np.ndarray:
        """Production asked of each generator (MW), from that of the time series in this step."""
        if self.production is not None:
            return self.production
        return np.asarray(scheduled + self.actual)
