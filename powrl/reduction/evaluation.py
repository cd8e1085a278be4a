"""Every action of the pool in every hard state: loads, N-1, and sequences where none solves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..player.actions.action_set import ActionSet
from ..player.actions.grid_action import GridAction
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.beam_search import by_outcome, search_sequence
from ..player.lookahead.clock import Clock
from ..player.lookahead.solved_state import SolvedState
from ..player.lookahead.state import GridState
from .screening import AS_GOOD
from .states import SOLVED_RHO, HardState
from .two_levels import ActionSubset, TwoLevels, highest_loads

BEST = 20
"""Number of best actions in each state whose N-1 load is computed."""

WIDTH, DEPTH = 8, 3
"""Width and depth of the search for sequences."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the actions do in each of ``n`` states; loads are those of the most loaded line.

    Attributes
    ----------
    causes:
        Why each state is hard (`powrl.reduction.states.CAUSES`), shape ``(n,)``.
    nothing:
        Load after doing nothing, shape ``(n,)``.
    loads:
        Load after each action, shape ``(n, n_actions)``, float32; infinite where it is not allowed,
        changes nothing or ends the episode.
    best, worst:
        The best actions of each state, best first (-1: there is none), and the highest load after
        each when any one line that the opponent attacks is out as well, shape ``(n, BEST)``.
    sequences:
        Actions that solve the state one after the other, -1 behind them and where there are none,
        shape ``(n, DEPTH)``.
    in_view:
        Whether one as good as the best action is at a substation that two levels try in full,
        shape ``(n,)``, bool.
    """

    causes: np.ndarray
    nothing: np.ndarray
    loads: np.ndarray
    best: np.ndarray
    worst: np.ndarray
    sequences: np.ndarray
    in_view: np.ndarray

    @property
    def solved_by_one(self) -> np.ndarray:
        """States that some single action solves, shape ``(n,)``, bool."""
        return np.asarray(self.loads.min(axis=1, initial=np.inf) < SOLVED_RHO)

    @property
    def solved_by_sequence(self) -> np.ndarray:
        """States that no single action solves, but a sequence that was found, ``(n,)``, bool."""
        return np.asarray((self.sequences >= 0).any(axis=1))

    def rows(self, numbers: np.ndarray) -> Evaluation:
        """Some of the states."""
        names = Evaluation.__dataclass_fields__
        return Evaluation(*(getattr(self, name)[numbers] for name in names))

    @staticmethod
    def joined(parts: Sequence[Evaluation]) -> Evaluation:
        """All states of several evaluations."""
        names = Evaluation.__dataclass_fields__
        return Evaluation(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def evaluate_states(
    states: Sequence[HardState],
    simulator: BatchSimulator,
    actions: ActionSet,
    lines: np.ndarray,
    substations: int = 0,
) -> Evaluation:
    """Try all actions in each state.

    Parameters
    ----------
    lines:
        Lines that the opponent attacks; the N-1 load takes out each connected one.
    substations:
        Number of substations whose actions sequences are made of (`TwoLevels`).
    """
    n, n_actions = len(states), len(actions)
    levels = TwoLevels(actions, simulator, substations)
    result = Evaluation(
        np.array([hard_state.cause for hard_state in states], dtype="U32"),
        np.full(n, np.inf, dtype=np.float32),
        np.full((n, n_actions), np.inf, dtype=np.float32),
        np.full((n, BEST), -1, dtype=np.int32),
        np.full((n, BEST), np.inf, dtype=np.float32),
        np.full((n, DEPTH), -1, dtype=np.int32),
        np.zeros(n, dtype=bool),
    )
    for row, state in enumerate(hard_state.state for hard_state in states):
        result.nothing[row], result.loads[row] = _loads(state, simulator, actions)
        order = np.argsort(result.loads[row], kind="stable")[:BEST]
        best = order[np.isfinite(result.loads[row, order])]
        result.best[row, : len(best)] = best
        result.worst[row, : len(best)] = _worst_loads(state, simulator, actions, best, lines)
        worth = levels.worth_trying(state)
        in_view = result.loads[row, worth].min(initial=np.inf)
        result.in_view[row] = in_view <= result.loads[row].min() + AS_GOOD
        if not (result.loads[row] < SOLVED_RHO).any():
            sequence = search_sequence(
                SolvedState(simulator, state, Clock()),
                ActionSubset(actions, worth),
                by_outcome(highest_loads),
                SOLVED_RHO,
                WIDTH,
                DEPTH,
            )
            if sequence and sequence.outcomes[-1].max_rho < SOLVED_RHO:
                chosen = [choice for choice in sequence.choices if choice is not None]
                result.sequences[row, : len(chosen)] = chosen
    return result


def _loads(
    state: GridState, simulator: BatchSimulator, actions: ActionSet
) -> tuple[float, np.ndarray]:
    """Load after doing nothing, and after each action."""
    topology = state.topology_in_maintenance(simulator.positions)
    allowed, moves = actions.candidates(topology, state.substation_cooldown)
    nothing = GridAction.nothing(simulator.positions)
    loads = [outcome.max_rho for outcome in simulator.evaluate_state(state, [nothing, *moves])]
    row = np.full(len(actions), np.inf)
    row[allowed] = loads[1:]
    return loads[0], np.round(row, 5)  # what the order of additions changes must not decide


def _worst_loads(
    state: GridState,
    simulator: BatchSimulator,
    actions: ActionSet,
    chosen: np.ndarray,
    lines: np.ndarray,
) -> np.ndarray:
    """The highest load after each action when any one of the lines is out too."""
    worst = np.full(len(chosen), -np.inf)
    connected = state.line_status(simulator.positions) & ~state.maintenance
    for line in lines[connected[lines]]:
        out = state.without_line(simulator.positions, line)
        topology = out.topology_in_maintenance(simulator.positions)
        moves = [
            GridAction.of_substation(
                simulator.positions,
                actions.actions[index].substation,
                actions.actions[index].busbars,
                topology,
            )
            for index in chosen
        ]
        outcomes = simulator.evaluate_state(out, moves)
        worst = np.maximum(worst, [outcome.max_rho for outcome in outcomes])
    return np.round(np.where(np.isinf(worst) & (worst < 0), np.inf, worst), 5)
