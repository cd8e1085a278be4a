"""Storage units and renewable generators: what they may inject, and what a step asks of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from ..actions.curtailment import UNCHANGED, Curtailment
from ..actions.part import Part
from ..actions.storage import Storage
from ..grid.observation import Observation
from ..lookahead.dispatcher import Dispatcher
from .bounds import within
from .linear_program import Relief

MIN_INJECTED_MW = 0.3
"""Less is not worth an action."""

LASTING_STEPS = 6
"""A storage unit gives no more than it can give for so long: its power fades as it empties, and
generators take over."""

CHARGING_STEPS = 24
"""A unit that is to be charged has so long for it."""

CHARGING_WORTH = 0.5
"""Of each MW that charges a unit in a calm grid, beyond what it costs."""


class Wish(NamedTuple):
    """What a plan wants of storage units and curtailment until the next plan.

    Attributes
    ----------
    limits:
        Limit of each renewable generator, share of its ``pmax``; 1: none.
    power:
        What each storage unit produces (MW; negative: it absorbs).
    """

    limits: np.ndarray
    power: np.ndarray


class ReliefUnits:
    """Storage units and renewable generators that a plan may use.

    What they inject is a vector in MW beside the time series: first what is taken from each
    renewable generator (negative), then what each storage unit produces.

    Parameters
    ----------
    dispatcher:
        What the units can do, and the duration of a step.
    action_keys:
        The parts that actions may have.
    storage, curtail:
        Whether storage units, and curtailment, are used where actions may.
    storage_cost, curtailment_cost:
        Of each MW, where holding 1 MW of a generator costs 1.
    storage_level:
        Share of its capacity to which a storage unit is charged in a calm grid.

    Attributes
    ----------
    renewables, storage:
        Numbers of the generators and of the storage units.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        action_keys: Collection[str],
        storage: bool,
        curtail: bool,
        storage_cost: float,
        curtailment_cost: float,
        storage_level: float,
    ) -> None:
        units = dispatcher.units
        stores = storage and Storage.key in action_keys
        curtails = curtail and Curtailment.key in action_keys
        can_curtail = units.can_curtail & ~units.can_move
        self.storage = np.arange(len(units.loss) if stores else 0)
        self.renewables = np.flatnonzero(can_curtail) if curtails else np.empty(0, dtype=int)
        self._units = units
        self._hours = float(dispatcher.rules.seconds) / 3600
        self._level = storage_level
        sizes = len(self.renewables), len(self.storage)
        self._cost = np.repeat((curtailment_cost, storage_cost), sizes)
        self._n_gen, self._n_storage = len(units.pmax), len(units.loss)

    def __len__(self) -> int:
        return len(self.renewables) + len(self.storage)

    def relief(self, observation: Observation, forecast: np.ndarray, is_overloaded: bool) -> Relief:
        """What a plan may inject.

        Parameters
        ----------
        forecast:
            Production of the time series in the next step (MW), shape ``(n_gen,)``.
        is_overloaded:
            Whether all may do what they can. Else storage units are charged to their level, and
            keep what they have for overloads; nothing is curtailed, since generators that follow
            steep time series may be unable to balance it.
        """
        produces, absorbs = self._power_limits(observation, LASTING_STEPS)
        worth, taken = np.zeros(len(self)), np.maximum(forecast[self.renewables], 0)
        if not is_overloaded:
            taken = np.zeros_like(taken)
            produces = np.zeros_like(produces)
            absorbs = np.minimum(absorbs, self._missing(observation))
            charging = np.append(np.zeros(len(self.renewables), dtype=bool), absorbs > 0)
            worth[charging] = self._cost[charging] + 1 + CHARGING_WORTH
        return Relief(
            lowest=np.append(-taken, -absorbs),
            highest=np.append(np.zeros(len(self.renewables)), produces),
            cost=self._cost,
            worth=worth,
        )

    def as_now(self, observation: Observation, forecast: np.ndarray) -> np.ndarray:
        """What is injected in the next step where all goes on as now, shape ``(m,)``."""
        limits = np.asarray(observation.curtailment_limit, dtype=float)[self.renewables]
        produces, absorbs = self._power_limits(observation, 1)
        power = -np.asarray(observation.storage_power, dtype=float)[self.storage]
        return np.append(self._curtailed(limits, forecast), within(power, -absorbs, produces))

    def wish(self, injected: np.ndarray, forecast: np.ndarray) -> Wish:
        """What a plan wants that injects so much, shape ``(m,)``."""
        taken, power = np.split(injected, [len(self.renewables)])
        produced = np.maximum(forecast[self.renewables], 0) + taken
        shares = within(produced / self._units.pmax[self.renewables], 0, 1)
        limits = np.where(taken < -MIN_INJECTED_MW, shares, 1.0)
        return Wish(limits, np.where(np.abs(power) < MIN_INJECTED_MW, 0.0, power))

    def within_room(
        self,
        observation: Observation,
        forecast: np.ndarray,
        wish: Wish,
        dispatched: float,
        room: tuple[float, float],
    ) -> np.ndarray:
        """What is injected in this step: the wish, as far as generators can balance it, ``(m,)``.

        Parameters
        ----------
        dispatched:
            Dispatch of all generators so far (MW).
        room:
            How far they can go down and up.
        """
        produces, absorbs = self._power_limits(observation, 1)
        held = self.as_now(observation, forecast)
        injections = np.append(
            self._curtailed(wish.limits, forecast), within(wish.power, -absorbs, produces)
        )
        balance = np.array([-held.sum(), -injections.sum()]) - dispatched
        over = np.maximum(balance - room[1], 0) + np.maximum(-room[0] - balance, 0)
        if over[1] == 0:
            return injections
        if over[0] > 0:
            return injections if over[1] < over[0] else held
        return np.asarray(held + (1 - over[1] / abs(balance[1] - balance[0])) * (injections - held))

    def parts(
        self, observation: Observation, forecast: np.ndarray, injected: np.ndarray
    ) -> list[Part]:
        """The parts of an action that injects so much in the next step."""
        parts: list[Part] = []
        wish = self.wish(injected, forecast)
        before = np.asarray(observation.curtailment_limit, dtype=float)[self.renewables]
        moved = np.abs(self._curtailed(wish.limits, forecast) - self._curtailed(before, forecast))
        changed = (moved > MIN_INJECTED_MW) | ((wish.limits == 1) & (before < 1))
        if changed.any():
            limits = np.full(self._n_gen, UNCHANGED, dtype=np.float32)
            limits[self.renewables[changed]] = wish.limits[changed]
            parts.append(Curtailment(limits))
        if wish.power.any():
            power = np.zeros(self._n_storage, dtype=np.float32)
            power[self.storage] = -wish.power
            parts.append(Storage(power))
        return parts

    def _curtailed(self, limits: np.ndarray, forecast: np.ndarray) -> np.ndarray:
        """What limits take from the renewable generators (MW, negative)."""
        available = np.maximum(forecast[self.renewables], 0)
        return np.asarray(np.minimum(limits * self._units.pmax[self.renewables] - available, 0))

    def _power_limits(self, observation: Observation, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """What each storage unit can produce and absorb for so many steps (MW)."""
        units, hours = self._units, steps * self._hours
        charge = np.asarray(observation.storage_charge, dtype=float)[self.storage]
        above = np.maximum(charge - units.energy_min[self.storage], 0)
        below = np.maximum(units.energy_max[self.storage] - charge, 0)
        return (
            np.minimum(units.produces[self.storage], above * self._out() / hours),
            np.minimum(units.absorbs[self.storage], below / self._in() / hours),
        )

    def _missing(self, observation: Observation) -> np.ndarray:
        """Power that charges each storage unit to its level in time (MW)."""
        charge = np.asarray(observation.storage_charge, dtype=float)[self.storage]
        missing = np.maximum(self._level * self._units.energy_max[self.storage] - charge, 0)
        return np.asarray(missing / self._in() / (CHARGING_STEPS * self._hours))

    def _in(self) -> np.ndarray:
        return np.asarray(self._units.charging[self.storage])

    def _out(self) -> np.ndarray:
        return np.asarray(self._units.discharging[self.storage])
