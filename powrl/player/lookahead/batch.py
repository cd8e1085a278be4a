"""Outcomes of many actions at once, on lightsim2grid's grid model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import cast

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import NotSupportedError
from ..grid.observation import Observation, as_simulating
from ..grid.positions import Positions
from ..grid.reductions import any_hold
from .batch_result import PlayedActions
from .candidates import CandidateGroup, group_candidates
from .dispatch import Dispatch
from .dispatcher import NO_MOVES, Dispatcher, Moves
from .forecast import ForecastSimulator
from .game_rules import Legality, Rules, judge, lines_that_trip, topology_after
from .generation import (
    dispatch_of,
    follows_time_series,
    injections_after,
    injections_by_simulation,
    is_redispatching_anew,
)
from .grid_model import GridModel, Injections
from .outcome import AnyAction, Outcome
from .split_estimate import SplitEstimator
from .state import GridState
from .sweep import SweepSolver


class BatchSimulator:
    """Evaluates actions as ``observation.simulate`` does, 30 times faster and more.

    Redispatching, storage and curtailment change the injections: those of candidates, and those
    that are under way. What the grid model does not cover is evaluated by grid2op's own
    ``simulate``, with the same result.

    Parameters
    ----------
    grid:
        Of the environment's backend; a copy of it is worked on.
    rules:
        Of the environment.
    dispatcher:
        Knows what generators and storage units do; None where grid2op is older than 1.12.6: then
        ``simulate`` is asked once what they will do, and evaluates the actions that move them.

    Attributes
    ----------
    positions, rules:
        Of the grid and the environment that are simulated.
    """

    batch_size = 16

    def __init__(self, grid: GridModel, rules: Rules, dispatcher: Dispatcher | None = None) -> None:
        self.positions: Positions = grid.positions
        self._grid = grid.copy()
        self.rules = rules
        self._dispatcher = dispatcher
        self._plain = ForecastSimulator()
        self._solver = SweepSolver(self._grid)

    def grid_copy(self) -> GridModel:
        """The grid that is simulated on, to work on independently."""
        return self._grid.copy()

    @property
    def is_slack(self) -> np.ndarray:
        """Which generators balance the grid, shape ``(n_gen,)``, bool."""
        return np.asarray(self._grid.is_slack)

    @property
    def dispatcher(self) -> Dispatcher | None:
        """What knows generators and storage units; None where grid2op is older than 1.12.6."""
        return self._dispatcher

    @property
    def batch(self) -> BatchSimulator:
        """The simulator itself: it plays from states."""
        return self

    def evaluate(self, observation: Observation, actions: Sequence[AnyAction]) -> list[Outcome]:
        """The outcome of each action (`GridAction`, or grid2op's), in order.

        Parameters
        ----------
        observation:
            Of grid2op or of the episode stepper.

        Raises
        ------
        NotSupportedError
            An action that only grid2op can evaluate, from an observation of the stepper.
        """
        state = GridState.from_observation(observation)
        dispatcher = None if self._dispatch_of(observation) is None else self._dispatcher
        outcomes: dict[int, Outcome] = {}
        for group in group_candidates(actions, state, self.positions, self.rules, dispatcher):
            outcomes.update(zip(group.numbers, self._evaluate(observation, state, group)))
        return [outcomes[number] for number in range(len(actions))]

    def _evaluate(
        self, observation: Observation, state: GridState, group: CandidateGroup
    ) -> list[Outcome]:
        is_stepped = as_simulating(observation) is None
        if group.moves is None:
            if is_stepped:
                raise NotSupportedError(
                    "an action with parts that powrl does not know can only be evaluated from an "
                    "observation of grid2op; use the engine grid2op."
                )
            return self._plain.evaluate(observation, group.actions)
        played = cast("list[GridAction]", group.actions)
        injections = self._injections(observation, state.injections, group.moves)
        if injections is None and self._dispatch_of(observation) is None:
            return self._plain.evaluate(observation, played)
        if injections is None:
            # generators find no dispatch, whatever the topology
            outcomes = [
                replace(outcome, rho=np.zeros_like(outcome.rho), game_over=True)
                for outcome in self.evaluate_state(state, played)
            ]
        else:
            outcomes = self.evaluate_state(state.with_injections(injections), played)
        return [
            replace(outcome, legal=False) if number in group.illegal else outcome
            for number, outcome in zip(group.numbers, outcomes)
        ]

    def state_of(
        self, observation: Observation, action: GridAction | None = None
    ) -> GridState | None:
        """The state that topological actions are played from; storage units go on as they are.

        With `action` generators and storage units do what it asks, as in the step in which it is
        played.

        None where only ``simulate`` knows it, and where generators find no dispatch. It is none,
        too, where generators are on their way to targets and doing nothing ends the episode of
        grid2op: then rules look one step ahead alone.
        """
        state = GridState.from_observation(observation)
        injections = self._injections(
            observation, state.injections, self._moves_in(observation, action)
        )
        if injections is None:
            return None
        state = state.with_injections(injections)
        if as_simulating(observation) is not None and is_redispatching_anew(observation):
            (outcome,) = self.evaluate_state(state, [GridAction.nothing(self.positions)])
            return None if outcome.game_over else state
        return state

    def _moves_in(self, observation: Observation, action: GridAction | None) -> Moves:
        """What an action asks; without one storage units go on as they are."""
        if self._dispatcher is None:
            return NO_MOVES
        if action is not None:
            return self._dispatcher.moves_of(action)
        power = np.asarray(observation.storage_power, dtype=np.float32)
        return Moves(storage=power) if power.any() else NO_MOVES

    def _dispatch_of(self, observation: Observation) -> Dispatch | None:
        if self._dispatcher is None:
            return None
        return dispatch_of(observation, self._dispatcher.units)

    def _injections(
        self, observation: Observation, forecast: Injections, moves: Moves
    ) -> Injections | None:
        """Injections of the next step, or None: a game over, or only ``simulate`` knows them."""
        if moves.is_nothing and follows_time_series(observation):
            return forecast
        dispatch = self._dispatch_of(observation)
        if dispatch is None or self._dispatcher is None:
            return injections_by_simulation(observation, forecast)
        return injections_after(self._dispatcher, dispatch, forecast, moves)

    def evaluate_state(self, state: GridState, actions: Sequence[GridAction]) -> list[Outcome]:
        """The outcome of each action from a given state, in order."""
        return self.play_state(state, actions).outcomes() if actions else []

    def after_losses(self, state: GridState, lines: np.ndarray) -> list[Outcome]:
        """The outcome of the loss of each line, which waits for no cooldown, in order."""
        losses = [GridAction.of_line(self.positions, line, -1) for line in lines.tolist()]
        return self.evaluate_state(state.without_cooldowns(), losses)

    def loads_in(self, state: GridState, topologies: np.ndarray) -> np.ndarray:
        """Load of the most loaded line in each topology, before any protection acts.

        Parameters
        ----------
        state:
            What is injected, and the topology that a sweep begins with.
        topologies:
            Shape ``(n, dim_topo)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(n,)``; infinite where a power flow has no solution.
        """
        return np.asarray(self.rho_in(state, topologies).max(axis=1))

    def rho_in(self, state: GridState, topologies: np.ndarray) -> np.ndarray:
        """Load of each line in each topology, before any protection acts.

        Parameters
        ----------
        state, topologies:
            As in `loads_in`.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, n_line)``; infinite where a power flow has no solution.
        """
        currents, alive = self._solver.solve(state.injections, state.topology, topologies)
        return np.where(alive[:, None], currents / state.thermal_limits, np.inf)

    def play_state(self, state: GridState, actions: Sequence[GridAction]) -> PlayedActions:
        """The same with the states that the actions (one or more) lead to."""
        # of many small arrays `concatenate` is faster than `stack`
        shape = (len(actions), -1)
        set_bus = np.concatenate([action.topology.values for action in actions]).reshape(shape)
        set_line_status = np.concatenate([action.line_status.values for action in actions]).reshape(
            shape
        )
        return self._play(state, set_bus, set_line_status)

    def play_topologies(self, state: GridState, set_bus: np.ndarray) -> PlayedActions:
        """The same for actions that set busbars alone, without an object for each of them.

        Parameters
        ----------
        state:
            From which they are played.
        set_bus:
            As in `Topology`, shape ``(n, dim_topo)``, int8; n is one or more.
        """
        set_line_status = np.zeros((len(set_bus), self.positions.n_line), dtype=np.int8)
        return self._play(state, set_bus.copy(), set_line_status)

    def estimate_topologies(self, state: GridState, set_bus: np.ndarray) -> PlayedActions | None:
        """The same by estimated loads, a tenth of the work; no protection opens a line.

        Parameters
        ----------
        state:
            From which they are played.
        set_bus:
            As in `Topology`, of one substation in each row, shape ``(n, dim_topo)``, int8.

        Returns
        -------
        PlayedActions or None
            None: the power flow of the state itself has no solution.
        """
        estimate = self._estimator.at(state)
        if estimate is None:
            return None
        set_line_status = np.zeros((len(set_bus), self.positions.n_line), dtype=np.int8)
        legality, _, topologies = self._after(state, set_bus.copy(), set_line_status)
        rho = estimate.rho_after(set_bus)
        alive = np.isfinite(rho[:, 0])
        currents = np.where(alive[:, None], rho, 0.0) * state.thermal_limits
        return PlayedActions(
            self.positions, self.rules, state, legality, topologies, topologies, currents, alive
        )

    @cached_property
    def _estimator(self) -> SplitEstimator:
        return SplitEstimator(self.grid_copy())

    def _after(
        self, state: GridState, set_bus: np.ndarray, set_line_status: np.ndarray
    ) -> tuple[Legality, np.ndarray, np.ndarray]:
        """What is legal, and topologies before and after; what cannot be played is overwritten."""
        legality = judge(
            self.positions,
            self.rules,
            set_bus,
            set_line_status,
            state.line_status(self.positions),
            state.line_cooldown,
            state.substation_cooldown,
        )
        set_bus[~legality.playable] = 0
        set_line_status[~legality.playable] = 0
        before = state.topology_in_maintenance(self.positions)
        topologies = topology_after(
            self.positions, before, state.last_topology, set_bus, set_line_status
        )
        return legality, before, topologies

    def _play(
        self, state: GridState, set_bus: np.ndarray, set_line_status: np.ndarray
    ) -> PlayedActions:
        """Play actions, and overwrite those that cannot be played."""
        legality, before, topologies = self._after(state, set_bus, set_line_status)
        different, row_of = _distinct(topologies)
        currents, alive, after = self._play_protections(before, different, state)
        return PlayedActions(
            self.positions,
            self.rules,
            state,
            legality,
            topologies,
            after[row_of],
            currents[row_of],
            alive[row_of],
        )

    def _play_protections(
        self, before: np.ndarray, topologies: np.ndarray, state: GridState
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Solve each topology, opening lines as grid2op's protections do until none trips.

        Returns
        -------
        currents, alive, topologies:
            Shapes ``(n, n_line)``, ``(n,)`` and ``(n, dim_topo)``, after the protections.
        """
        rules, limits, origin = self.rules, state.thermal_limits, self.positions.origin
        currents, alive = self._solver.solve(state.injections, before, topologies)
        active = self._endangered(currents, alive, state)
        if not len(active):
            return currents, alive, topologies
        counters = np.repeat(state.overflow_steps[None], len(active), axis=0)
        counted = np.zeros(counters.shape, dtype=bool)
        topologies = topologies.copy()
        while len(active):
            trips, counters, counted = lines_that_trip(
                rules,
                limits,
                currents[active],
                topologies[active][:, origin] > 0,
                counters,
                counted,
            )
            rows = trips.any(axis=1)
            active, trips = active[rows], trips[rows]
            counters, counted = counters[rows], counted[rows]
            if not len(active):
                break
            after = topologies[active]
            for ends in (origin, self.positions.extremity):
                after[:, ends] = np.where(trips, -1, after[:, ends])
            topologies[active] = after
            currents[active], alive[active] = self._solver.solve(state.injections, before, after)
            rows = alive[active]
            active, counters, counted = active[rows], counters[rows], counted[rows]
        return currents, alive, topologies

    def _endangered(self, currents: np.ndarray, alive: np.ndarray, state: GridState) -> np.ndarray:
        """Rows in which a protection counts, or opens a line at once."""
        rules = self.rules
        if not rules.protections:
            return np.empty(0, dtype=int)
        if any_hold(state.overflow_steps > rules.overflow_steps):
            return np.flatnonzero(alive)
        lowest = min(rules.soft_overflow, rules.hard_overflow) * state.thermal_limits
        return np.flatnonzero((currents > lowest).any(axis=1) & alive)


def _distinct(topologies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, and for each row its number among them."""
    number: dict[bytes, int] = {}
    first: list[int] = []
    row_of: list[int] = []
    # fewer bytes take less time to hash
    content, length = topologies.astype(np.int8).tobytes(), topologies.shape[1]
    for row in range(len(topologies)):
        topology = content[row * length : (row + 1) * length]
        row_of.append(number.setdefault(topology, len(number)))
        if len(number) > len(first):
            first.append(row)
    return topologies[first], np.array(row_of)
