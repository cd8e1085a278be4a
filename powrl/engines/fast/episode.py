"""One episode on the grid model: what grid2op's ``Environment.step`` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import PowrlError
from ...player.actions.grid_action import GridAction
from ...player.grid.grid import Grid
from ...player.grid.observation import Observation
from ...player.lookahead.dispatch import Dispatch
from ...player.lookahead.dispatcher import NO_MOVES, Dispatcher, Moves
from ...player.lookahead.frozen import frozen
from ...player.lookahead.game_rules import (
    Rules,
    judge,
    lines_that_trip,
    moves_storage_that_is_out,
    switch,
    topology_after,
)
from ...player.lookahead.generation import injections_after
from ...player.lookahead.grid_model import GridModel, Injections, Results
from ...player.lookahead.state import last_topology
from .attack_ages import AttackAges
from .observation import SteppedObservation
from .opponent import Opponent
from .scenario import Scenario
from .steps_ahead import Loads, StepsAhead

WARM_BELOW = 1.5
"""Load of the last step below which a power flow starts from its solution, in one topology."""


@dataclass(frozen=True, eq=False)
class EpisodeContext:
    """What all episodes of an environment share.

    Attributes
    ----------
    thermal_limits:
        Limit of each line (A), shape ``(n_line,)``, float32.
    dispatcher:
        What generators and storage units can do, and how they are dispatched.
    """

    grid: Grid
    rules: Rules
    thermal_limits: np.ndarray
    dispatcher: Dispatcher


class FastEpisode:
    """An episode that steps as grid2op does: same loads, topology, timers, legality and end.

    In each step the action is played when it is legal, generators are dispatched, then
    maintenance, then the opponent's attack; the power flow is solved and the protections open
    lines until none trips any more (``grid2op.Environment.BaseEnv.step``,
    ``grid2op.Backend.Backend.next_grid_state``).

    Attributes
    ----------
    observation:
        The last one before the end of the episode, or at it if the scenario was survived.
    steps, max_steps:
        Steps played, and steps of the whole scenario.
    done, game_over:
        Whether the episode is over, and whether by a game over.
    legal:
        Whether the last action was played.
    attacked:
        The lines under attack in the last step.
    opened:
        Lines opened by protections in the last step.
    """

    def __init__(
        self,
        context: EpisodeContext,
        scenario: Scenario,
        grid: GridModel,
        opponent: Opponent,
        first: Observation,
        warm: bool = True,
    ) -> None:
        """Begin where a grid2op environment stands after its reset.

        Parameters
        ----------
        first:
            grid2op's first observation.
        warm:
            Whether power flows of calm steps start from the last solution. It is faster; without,
            all start as grid2op's do, and all floats are grid2op's to the last bit.
        """
        self._context = context
        self._warm = warm
        self._scenario = scenario
        self._grid = grid
        self._opponent = opponent
        self._soft_limits = context.rules.soft_overflow * context.thermal_limits
        # lower than any load that a counter counts; and timers that do not run, to be known by `is`
        self._any_overflow = 0.999 * min(1.0, float(context.rules.soft_overflow))
        self._ahead = StepsAhead(scenario, context.thermal_limits, self._any_overflow)
        self._no_line_timer = frozen(np.zeros(context.grid.n_line, dtype=np.int32))
        self._no_substation_timer = frozen(np.zeros(context.grid.n_sub, dtype=np.int32))
        self.max_steps = scenario.n_steps
        self.done = self.game_over = False
        self.legal = True
        self.attacked: tuple[int, ...] = ()
        self.opened: tuple[int, ...] = ()
        self.steps = int(first.current_step)
        self._pushed = -2  # step whose injections were pushed last
        self._at_rest: Dispatch | None = None
        observation = SteppedObservation(
            context.grid,
            scenario,
            Results(_values(first, context.thermal_limits), context.grid.n_line),
            Dispatch.none(context.dispatcher.units, frozen(np.array(first.storage_charge))),
            context.dispatcher.units,
        )
        self._attack_ages = AttackAges.none(context.grid.alertable_lines)
        observation.time_since_last_attack = self._attack_ages.steps
        own = ("current_step", "last_topology", "time_since_last_attack")
        for name in SteppedObservation.__slots__:
            if not name.startswith("_") and name not in own:
                setattr(observation, name, frozen(np.array(getattr(first, name))))
        observation.current_step = self.steps
        observation.topo_vect = frozen(observation.topo_vect.astype(np.int32))
        observation.last_topology = frozen(last_topology(first))
        self.observation = observation

    @property
    def grid(self) -> Grid:
        """What is played on."""
        return self._context.grid

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return self._scenario.name

    def copy(self) -> FastEpisode:
        """An independent episode at the same step.

        It knows the future: the same injections and attacks will come. So it is for training and
        analysis, never for an agent that is scored.
        """
        other = object.__new__(FastEpisode)
        other.__dict__.update(self.__dict__)
        other._grid = self._grid.copy()
        other._opponent = self._opponent.copy()
        other._ahead = self._ahead.copy()
        return other

    def step(self, action: GridAction | None = None) -> SteppedObservation:
        """Play one step; an action that is illegal or ambiguous is replaced by doing nothing.

        Raises
        ------
        RuntimeError
            The episode is over.
        """
        if self.done:
            raise RuntimeError("the episode is over; start another one.")
        before = self.observation
        topology, moves, lines, substations = self._play(action)
        self.steps += 1
        self.opened = ()
        dispatch, taken = self._dispatch(moves)
        if dispatch is None:
            self.done, self.game_over, self.attacked = True, True, ()
            return before
        if not taken:
            lines = substations = None
        topology = self._maintain(topology)
        topology, line_cooldown = self._attack(topology)
        moved = topology is not before.topo_vect
        if moved and np.array_equal(topology, before.topo_vect):  # such as a line attacked again
            topology, moved = before.topo_vect, False
        # far from divergence a power flow may start from the last solution, which is faster
        warm = self._warm and not moved and before.rho[before.rho.argmax()] < WARM_BELOW
        after = None
        if warm and before.timestep_protection_engaged is self._no_line_timer:
            after = self._ahead.take(self.steps, topology, dispatch, self._grid)
        else:
            self._ahead.drop(self._grid)
        if after is None and self._power_flow(topology, dispatch, warm):
            after, topology = self._protect(self._loads(), topology)
        self.done = self.steps >= self.max_steps or after is None
        self.game_over = after is None
        if after is not None:
            self._observe(after, topology, dispatch, line_cooldown, lines, substations)
        return self.observation

    def _power_flow(self, topology: np.ndarray, dispatch: Dispatch, warm: bool) -> bool:
        """Solve this step alone; False: grid2op ends the episode."""
        grid = self._grid
        self._push_injections(dispatch)
        if topology is not self.observation.topo_vect:
            grid.set_topology(topology)
        grid.set_storage_power(dispatch.power)
        return grid.solve(warm)

    def _loads(self) -> Loads:
        """What the lines carry by the last power flow."""
        results = self._grid.results()
        rho = results.a_or / self._context.thermal_limits
        # of small arrays `argmax` is faster than `max`; false for NaN
        return Loads(results, frozen(rho), bool(rho[rho.argmax()] < self._any_overflow))

    def generation_after(self, action: GridAction) -> np.ndarray | None:
        """What generators will do after an action, as ``observation.simulate`` foresees it.

        Parameters
        ----------
        action:
            A legal one.

        Returns
        -------
        numpy.ndarray or None
            Active power of each generator (MW), shape ``(n_gen,)``, float32, before protections
            open any line; None: a game over.

        Raises
        ------
        PowrlError
            There is maintenance in the next step, of which grid2op's ``simulate`` has a view of its
            own.
        """
        now, forecast, step = self.observation, self._scenario.forecast, self.steps
        if ((now.time_next_maintenance == 0) | (now.time_next_maintenance == 1)).any():
            raise PowrlError("there is maintenance in the next step.")
        scheduled = Injections(*now.get_forecasted_inj(1))
        moves = self._context.dispatcher.moves_of(action)
        ahead = injections_after(self._context.dispatcher, now.dispatch_now, scheduled, moves)
        if ahead is None:
            return None
        grid, set_points = self._grid.copy(), self._scenario.set_points
        if forecast.gen_v is not None:
            gen_v = forecast.gen_v[step] / grid.volts_per_unit
        else:
            gen_v = None if set_points is None else set_points[step]
        grid.set_injections_per_unit(
            ahead.gen_p,
            gen_v,
            ahead.load_p,
            ahead.load_q,
        )
        set_bus, set_line_status = action.set_bus[None], action.set_line_status[None]
        after = topology_after(
            grid.positions, now.topo_vect, now.last_topology, set_bus, set_line_status
        )
        grid.set_topology(after[0])
        grid.set_storage_power(ahead.storage_p)
        return grid.results().gen_p if grid.solve() else None

    def _play(
        self, action: GridAction | None
    ) -> tuple[np.ndarray, Moves, np.ndarray | None, np.ndarray | None]:
        """The topology after the action, its moves, and the lines and substations it touches."""
        now, context = self.observation, self._context
        self.legal = True
        nothing = now.topo_vect, NO_MOVES, None, None
        if action is None or action.is_nothing:
            return nothing
        moves = NO_MOVES if action.is_topological else context.dispatcher.moves_of(action)
        positions, rules = context.grid.positions, context.rules
        self.legal = not (
            context.dispatcher.is_ambiguous(moves)
            or moves_storage_that_is_out(
                positions, rules, action.set_bus, moves.storage, now.topo_vect
            )
        )
        if not self.legal:
            return nothing
        if action.line_status.is_nothing:
            if action.topology.is_nothing:
                return now.topo_vect, moves, None, None
            simple = switch(
                positions, rules, action.set_bus, now.topo_vect, now.time_before_cooldown_sub
            )
            if simple is not None:
                self.legal, touched, switched = simple
                return (switched, moves, None, touched) if self.legal else nothing
        set_bus, set_line_status = action.set_bus[None], action.set_line_status[None]
        verdict = judge(
            positions,
            rules,
            set_bus,
            set_line_status,
            now.line_status,
            now.time_before_cooldown_line,
            now.time_before_cooldown_sub,
        )
        self.legal = bool(verdict.playable[0])
        if not self.legal:
            return nothing
        after = topology_after(
            positions, now.topo_vect, now.last_topology, set_bus, set_line_status
        )
        return after[0], moves, verdict.lines[0], verdict.substations[0]

    def _dispatch(self, moves: Moves) -> tuple[Dispatch | None, bool]:
        """The dispatch of this step (None: game over), and whether the action's was taken.

        Where it was not, grid2op does not count the action's topology in cooldowns, though played.
        """
        now, gen_p = self.observation.dispatch, self._scenario.actual.gen_p
        if now is self._at_rest and moves is NO_MOVES:
            return now, True
        dispatcher, step = self._context.dispatcher, self.steps
        after, taken = dispatcher.play(now, gen_p[step - 1], gen_p[step], moves)
        if after is not None and dispatcher.rests(after):
            self._at_rest = after
        return after, taken

    def _maintain(self, topology: np.ndarray) -> np.ndarray:
        plan = self._scenario.maintenance
        if plan.busy[self.steps]:
            topology = self._open(topology, plan.lines[plan.under_way[self.steps]])
        return topology

    def _attack(self, topology: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        now = self.observation
        cooldown = now.time_before_cooldown_line
        self.attacked = self._opponent.next(now.line_status, now.rho)
        self._attack_ages = self._attack_ages.after(self.attacked)
        if self.attacked:
            topology = self._open(topology, self.attacked)
            cooldown = cooldown.copy()
            lines = list(self.attacked)
            cooldown[lines] = np.maximum(self._opponent.remaining, cooldown[lines])
        return topology, cooldown

    def _open(self, topology: np.ndarray, lines: Iterable[int]) -> np.ndarray:
        """The topology with lines out; the same array where they are out already."""
        positions = self._context.grid.positions
        opened = topology
        for line in lines:
            origin, extremity = positions.origin[line], positions.extremity[line]
            if topology[origin] != -1 or topology[extremity] != -1:
                if opened is topology:
                    opened = topology.copy()
                opened[origin] = opened[extremity] = -1
        return opened

    def _push_injections(self, dispatch: Dispatch) -> None:
        actual, voltages, step = self._scenario.actual, self._scenario.set_points, self.steps
        if step == self._pushed + 1 and voltages is not None:
            voltages = voltages if self._scenario.set_points_move[step] else None
        self._pushed = step
        self._grid.set_injections_per_unit(
            dispatch.production_of(actual.gen_p[step]),
            None if voltages is None else voltages[step],
            actual.load_p[step],
            actual.load_q[step],
        )

    def _protect(self, loads: Loads, topology: np.ndarray) -> tuple[Loads | None, np.ndarray]:
        """Open lines until none trips: the loads then (None: game over) and the topology."""
        rules, currents = self._context.rules, loads.results.a_or
        if loads.are_low or not rules.protections or not (currents > self._soft_limits).any():
            return loads, topology
        origin = self._context.grid.positions.origin
        counter = self.observation.timestep_protection_engaged
        counted = np.zeros(len(counter), dtype=bool)
        while True:
            trips, counter, counted = lines_that_trip(
                rules,
                self._context.thermal_limits,
                loads.results.a_or,
                topology[origin] > 0,
                counter,
                counted,
            )
            if not trips.any():
                return loads, topology
            lines = np.flatnonzero(trips)
            self.opened += tuple(lines.tolist())
            topology = self._open(topology, lines)
            self._grid.set_topology(topology)
            if not self._grid.solve():
                return None, topology
            loads = self._loads()

    def _observe(
        self,
        loads: Loads,
        topology: np.ndarray,
        dispatch: Dispatch,
        line_cooldown: np.ndarray,
        lines: np.ndarray | None,
        substations: np.ndarray | None,
    ) -> None:
        """Make the observation after a power flow, its timers updated as grid2op does."""
        context, before = self._context, self.observation
        now = loads.results
        after = SteppedObservation(
            context.grid,
            self._scenario,
            now,
            dispatch,
            context.dispatcher.units,
        )
        after.current_step = self.steps
        after.rho = loads.rho
        after.topo_vect = topology
        if topology is before.topo_vect:
            after.last_topology, after.line_status = before.last_topology, before.line_status
        else:
            frozen(topology)
            last = np.where(topology > 0, topology, before.last_topology)
            after.last_topology = frozen(last)
            after.line_status = frozen(topology[context.grid.positions.origin] > 0)
        if loads.are_low:
            after.timestep_overflow = after.timestep_protection_engaged = self._no_line_timer
        else:
            after.timestep_overflow = _count(
                before.timestep_overflow, now.a_or > context.thermal_limits
            )
            after.timestep_protection_engaged = _count(
                before.timestep_protection_engaged, now.a_or > self._soft_limits
            )
        after.time_before_cooldown_line = self._line_cooldown(line_cooldown, lines)
        after.time_before_cooldown_sub = self._substation_cooldown(substations)
        after.time_since_last_attack = self._attack_ages.steps
        after.thermal_limit = context.thermal_limits
        self.observation = after

    def _line_cooldown(self, cooldown: np.ndarray, touched: np.ndarray | None) -> np.ndarray:
        plan, step = self._scenario.maintenance, self.steps
        busy = plan.busy[step]
        if cooldown is self._no_line_timer and not (self.opened or touched is not None or busy):
            return cooldown
        cooldown = np.maximum(cooldown - 1, 0)
        if self.opened:
            cooldown[list(self.opened)] = self._context.rules.reconnection_time
        if busy:
            (begun,) = (plan.until[step] == 0).nonzero()
            lines = plan.lines[begun]
            cooldown[lines] = np.maximum(cooldown[lines], plan.duration[step][begun])
        if touched is not None:
            least = self._context.rules.line_cooldown
            cooldown[touched] = np.maximum(cooldown[touched], least)
        return frozen(cooldown) if cooldown[cooldown.argmax()] else self._no_line_timer

    def _substation_cooldown(self, touched: np.ndarray | None) -> np.ndarray:
        cooldown = self.observation.time_before_cooldown_sub
        if cooldown is self._no_substation_timer and touched is None:
            return cooldown
        cooldown = np.maximum(cooldown - 1, 0)
        if touched is not None:
            cooldown[touched] = self._context.rules.substation_cooldown
        return frozen(cooldown) if cooldown[cooldown.argmax()] else self._no_substation_timer


def _count(counter: np.ndarray, engaged: np.ndarray) -> np.ndarray:
    """One more where engaged, else 0."""
    return frozen((counter + 1) * engaged)


def _values(first: Observation, limits: np.ndarray) -> np.ndarray:
    """Those of `Results`, of grid2op's observation."""
    parts = (first.p_or, first.q_or, first.rho * limits, first.gen_p, first.gen_v)
    return frozen(np.concatenate(parts, dtype=np.float32))
