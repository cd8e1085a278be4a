"""What one step asks of generators, storage units and limits, to get where a plan wants them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..actions.part import Part
from ..actions.redispatch import Redispatch
from ..actions.storage import Storage
from ..grid.grid import Grid
from .bounds import within
from .case import Case
from .dispatch_memory import DispatchMemory
from .generator_moves import KEPT_STEPS, MIN_MOVE_MW, moves_towards, room_to_balance
from .purpose import moves_in_words
from .relief_units import ReliefUnits
from .situation import Situation

GRID2OP_TOLERANCE_MW = 0.01
"""grid2op fits the dispatch anew when a target is off by this."""


class DispatchStep:
    """Makes the parts of a step's action.

    Parameters
    ----------
    grid:
        What is played on.
    is_slack:
        Which generators balance the grid, of those that can be moved, shape ``(n,)``.
    units:
        Storage units and renewable generators that plans use, or None.
    """

    def __init__(self, grid: Grid, is_slack: np.ndarray, units: ReliefUnits | None) -> None:
        self._grid = grid
        self._is_slack = is_slack
        self._units = units

    def parts(
        self,
        situation: Situation,
        memory: DispatchMemory,
        dispatched: np.ndarray,
        present: Case | None,
    ) -> list[Part]:
        """What moves generators, storage units and limits towards where they should be.

        Parameters
        ----------
        dispatched:
            The dispatch so far (MW), shape ``(n,)``.
        present:
            The grid as a plan of this step has it, without any margin; None: there is none.
        """
        knows_slack = memory.foreseen is not None
        scheduled = self._scheduled(situation, memory, dispatched)
        schedules = (*memory.schedules[-KEPT_STEPS:], scheduled)
        memory.schedules = schedules
        if not knows_slack:  # what it delivers has the losses, too
            ends = self._grid.generators.pmin, self._grid.generators.pmax
            bounded = np.where(self._is_slack, within(scheduled, *ends), scheduled)
            memory.schedules = (*schedules[:-1], bounded)
        total, others, injected = 0.0, [], None
        if self._units is not None and memory.wish is not None:
            forecast = situation.forecast_production
            room = room_to_balance(self._grid.generators, dispatched, schedules)
            already = float(dispatched.sum())
            injected = self._units.within_room(
                situation.observation, forecast, memory.wish, already, room
            )
            total = -float(injected.sum()) - already
            others = self._units.parts(situation.observation, forecast, injected)
        change = moves_towards(
            memory.target,
            self._grid.generators,
            dispatched,
            schedules,
            self._is_slack,
            total,
        )
        memory.foresees = None
        if present is not None and situation.settings.forecast_margin:
            moves = change if injected is None else np.append(change, injected)
            memory.foresees = partial(present.all_loads, moves)
        redispatch = self._redispatch(situation, memory, dispatched, change)
        return [*([] if redispatch is None else [redispatch]), *others]

    def why(self, parts: Sequence[Part], memory: DispatchMemory) -> str:
        """Which units are moved, and for what."""
        generators, texts = self._grid.generators, []
        for part in parts:
            if isinstance(part, Redispatch):
                moves = moves_in_words(part.values[generators.numbers], generators.names)
                texts.append(f"moves {moves}")
            elif isinstance(part, Storage):
                texts.append(f"storage units produce {-part.values.sum():.1f} MW")
            else:
                texts.append("sets limits of renewable generators")
        return f"{', '.join(texts)}: {memory.purpose or 'back towards the time series'}"

    def _redispatch(
        self,
        situation: Situation,
        memory: DispatchMemory,
        dispatched: np.ndarray,
        change: np.ndarray,
    ) -> Redispatch | None:
        """The change of targets that changes the dispatch, if there is any."""
        observation, generators = situation.observation, self._grid.generators
        target = np.asarray(observation.target_dispatch, dtype=float)[generators.numbers]
        if memory.has_target is None:
            memory.has_target = np.zeros(len(generators.numbers), dtype=bool)
        # what grid2op has made of the targets so far is taken for granted
        held = np.where(memory.has_target | (target != 0), dispatched - target, 0.0)
        if np.abs(change).max() < MIN_MOVE_MW and np.abs(held).max() < GRID2OP_TOLERANCE_MW:
            return None
        move = within(held + change, -generators.ramp_down, generators.ramp_up)
        move[np.abs(move) < GRID2OP_TOLERANCE_MW] = 0
        memory.has_target |= move != 0
        redispatch = np.zeros(self._grid.n_gen, dtype=np.float32)
        redispatch[generators.numbers] = move
        return Redispatch(redispatch)

    def _scheduled(
        self, situation: Situation, memory: DispatchMemory, dispatched: np.ndarray
    ) -> np.ndarray:
        """Production by the time series in this step (MW), shape ``(n,)``.

        It is what is produced without redispatching; for the slack, which also balances the losses,
        it is what was forecast a step ago, since grid2op limits the schedule and not what the slack
        delivers.
        """
        observation, numbers = situation.observation, self._grid.generators.numbers
        scheduled: np.ndarray = np.asarray(observation.gen_p, dtype=float)[numbers] - dispatched
        if memory.foreseen is not None:
            scheduled[self._is_slack] = memory.foreseen[self._is_slack]
        memory.foreseen = None
        if situation.state is not None:
            memory.foreseen = situation.forecast_production[numbers]
        return scheduled
