"""Random actions, legal or not, and a player that brings a grid into unusual states."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..player.actions.action_set import ActionSet
from ..player.actions.curtailment import UNCHANGED, Curtailment
from ..player.actions.grid_action import GridAction
from ..player.actions.redispatch import Redispatch
from ..player.actions.storage import Storage
from ..player.grid.grid2op_objects import GridObject
from ..player.grid.observation import Observation
from ..player.grid.positions import Positions
from ..player.lookahead.outcome import Simulator

N_CANDIDATES = 12
"""Candidates of one comparison, doing nothing included."""


class RandomPlayer:
    """Reconnects lines, and plays topologies of single substations: random ones or the best.

    Parameters
    ----------
    actions:
        Topologies of single substations to choose among.
    positions:
        Positions of the grid's elements.
    share:
        Fraction of the steps with a random action, illegal and ambiguous ones included.
    greedy:
        Whether an overload is answered by the best of 30 random topologies.
    remedies:
        Makes moves of generators and storage units, or None: none are made.
    """

    def __init__(
        self,
        actions: ActionSet,
        positions: Positions,
        share: float,
        greedy: bool,
        remedies: RandomRemedies | None = None,
    ) -> None:
        self._actions, self._positions = actions, positions
        self._share, self._greedy = share, greedy
        self._remedies = remedies

    def act(
        self,
        observation: Observation,
        generator: np.random.Generator,
        simulator: Simulator,
        stepped: Observation,
    ) -> GridAction | None:
        """The action for grid2op's `observation`; `stepped` is the stepper's of the same step."""
        action = self._topological(observation, generator, simulator, stepped)
        if self._remedies is None:
            return action
        return self._remedies.added_to(action, self._positions, generator)

    def _topological(
        self,
        observation: Observation,
        generator: np.random.Generator,
        simulator: Simulator,
        stepped: Observation,
    ) -> GridAction | None:
        if generator.random() < self._share:
            return self._random(observation, generator)
        free = ~observation.line_status & (observation.time_before_cooldown_line == 0)
        if free.any():
            action = GridAction.nothing(self._positions)
            action.set_line_status[generator.choice(np.flatnonzero(free))] = 1
            return action
        if self._greedy and observation.rho.max() > 0.95:
            candidates = [self._topology(observation, generator) for _ in range(30)]
            outcomes = simulator.evaluate(stepped, candidates)
            return candidates[int(np.argmin([outcome.max_rho for outcome in outcomes]))]
        return None

    def candidates(
        self, observation: Observation, generator: np.random.Generator
    ) -> list[GridAction]:
        """Doing nothing, and random actions."""
        randoms = [self._random(observation, generator) for _ in range(N_CANDIDATES - 1)]
        if self._remedies is not None:  # every third moves generators or storage units, too
            for number in range(0, len(randoms), 3):
                randoms[number] = self._remedies.candidate(randoms[number], generator)
        return [GridAction.nothing(self._positions), *randoms]

    def _topology(self, observation: Observation, generator: np.random.Generator) -> GridAction:
        action = self._actions.actions[generator.integers(len(self._actions))]
        return GridAction.of_substation(
            self._positions, action.substation, action.busbars, observation.topo_vect
        )

    def _random(self, observation: Observation, generator: np.random.Generator) -> GridAction:
        if generator.random() < 0.8:
            return self._topology(observation, generator)
        return random_action(self._positions, generator)


class RandomRemedies:
    """Redispatching, storage and curtailment, most of it possible.

    Parameters
    ----------
    grid:
        Tells what generators and storage units can do.
    moves:
        Fraction of the steps in which some generators are redispatched.
    remedies:
        Fraction of the steps in which storage units are used, and in which generators are
        curtailed.
    """

    def __init__(self, grid: GridObject, moves: float, remedies: float = 0.0) -> None:
        limits: Any = grid
        self._ramps = np.where(grid.gen_redispatchable, grid.gen_max_ramp_up, 0)
        self._renewable = np.asarray(limits.gen_renewable, dtype=bool)
        self._absorbs, self._produces = limits.storage_max_p_absorb, limits.storage_max_p_prod
        self._moves, self._remedies = moves, remedies

    def added_to(
        self, action: GridAction | None, positions: Positions, generator: np.random.Generator
    ) -> GridAction | None:
        """An action with random moves, as often as the fractions say."""
        draws = generator.random(3)
        if (draws >= (self._moves, self._remedies, self._remedies)).all():
            return action
        action = action or GridAction.nothing(positions)
        if draws[0] < self._moves:
            action = action.plus(Redispatch(random_redispatching(self._ramps, generator)))
        if draws[1] < self._remedies and len(self._absorbs):
            action = action.plus(self._storage(generator))
        if draws[2] < self._remedies:
            action = action.plus(self._curtailment(generator))
        return action

    def candidate(self, action: GridAction, generator: np.random.Generator) -> GridAction:
        """An action with a move of one kind or of several."""
        kinds = generator.random(3) < 0.5
        if kinds[0] and self._moves:
            action = action.plus(Redispatch(random_redispatching(self._ramps, generator)))
        if kinds[1] and self._remedies and len(self._absorbs):
            action = action.plus(self._storage(generator))
        if kinds[2] and self._remedies:
            action = action.plus(self._curtailment(generator))
        return action

    def _storage(self, generator: np.random.Generator) -> Storage:
        size = len(self._absorbs)
        power = generator.uniform(-self._produces, self._absorbs) * (generator.random(size) < 0.5)
        if generator.random() < 0.03:
            power[generator.integers(size)] = 1.1 * self._absorbs.max()
        return Storage(np.asarray(power, dtype=np.float32))

    def _curtailment(self, generator: np.random.Generator) -> Curtailment:
        size = len(self._renewable)
        limits = np.where(
            generator.random(size) < 0.1, generator.uniform(0.2, 1.0, size), UNCHANGED
        )
        lifts = (generator.random(size) < 0.1) | (generator.random() < 0.2)
        limits = np.where(lifts, 1.0, limits)
        if generator.random() >= 0.03:
            limits[~self._renewable] = UNCHANGED
        return Curtailment(np.asarray(limits, dtype=np.float32))


def random_action(positions: Positions, generator: np.random.Generator) -> GridAction:
    """Any action at all: legal, illegal or ambiguous, connected or not."""
    action = GridAction.nothing(positions)
    for _ in range(generator.integers(1, 3)):
        line = generator.integers(positions.n_line)
        kind = generator.integers(4)
        if kind == 0:
            part = positions.part(int(generator.integers(positions.n_sub)))
            size = part.stop - part.start
            action.set_bus[part] = generator.choice([0, 1, 1, 1, 2], size=size)
        elif kind == 1:
            action.set_line_status[line] = generator.choice([-1, 1])
        elif kind == 2:
            ends = (positions.origin[line], positions.extremity[line])
            action.set_bus[generator.choice(ends)] = generator.choice([-1, 1, 2])
        else:
            action.set_line_status[line] = generator.choice([0, 1])
            action.set_bus[positions.origin[line]] = generator.choice([0, 1, 2])
            action.set_bus[positions.extremity[line]] = generator.choice([0, 1, 2])
    return action


def random_redispatching(ramps: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Moves of some generators (MW), most within their `ramps`; one beyond them is ambiguous."""
    change = ramps * generator.uniform(-1, 1, len(ramps)) * (generator.random(len(ramps)) < 0.3)
    if generator.random() < 0.05:
        change[generator.integers(len(change))] = 1.1 * ramps.max()
    return np.asarray(change, dtype=np.float32)
