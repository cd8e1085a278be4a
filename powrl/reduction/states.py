"""Hard states: what they are, and their collection by playing a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..engines.engine import Episode
from ..player.actions.action_set import ActionSet
from ..player.actions.grid_action import GridAction
from ..player.grid.grid import Grid
from ..player.grid.grid2op_objects import Environment
from ..player.grid2op_internals import opponent_options
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.state import GridState
from ..player.rules.manager import OverloadManager
from ..player.rules.settings import OverloadSettings
from ..player.rules.situation import Ranking, Situation
from .two_levels import TwoLevels

SOLVED_RHO = 1.0
"""A state is hard where doing nothing leaves a line at this load or above, solved below it."""

STEPS_APART = 12
"""Steps between two states of one cause: what lies closer is the same incident."""

CAUSES = ("attack", "line taken out", "maintenance", "split", "load")
"""Why a state is hard; of several, the first. *Line taken out*: as if one that the opponent attacks
were under attack, in a state at high load. *Split*: substations are, by earlier actions."""


CalmState = tuple[float, int, GridState]
"""The highest load (rho) of a step without an overload, its number, and its state."""


@dataclass(frozen=True, eq=False)
class HardState:
    """A state that doing nothing does not solve.

    Attributes
    ----------
    state:
        Grid state at the forecast injections.
    cause:
        One of `CAUSES`.
    step:
        Step of the scenario.
    """

    state: GridState
    cause: str
    step: int


def lines_taken_out(environment: Environment) -> np.ndarray:
    """Lines that the opponent of a grid2op environment attacks, by number; without one, all."""
    lines_attacked = opponent_options(environment).get("lines_attacked", environment.name_line)
    flat = [name for part in lines_attacked for name in ([part] if isinstance(part, str) else part)]
    number = {str(name): line for line, name in enumerate(environment.name_line)}
    return np.array(sorted(number[str(name)] for name in flat), dtype=int)


def collect_states(
    episode: Episode,
    grid: Grid,
    simulator: BatchSimulator,
    actions: ActionSet,
    lines: np.ndarray,
    critical_rho: float,
    limit: int,
    generator: np.random.Generator,
    substations: int = 0,
    max_steps: int = 0,
) -> list[HardState]:
    """Play an episode and draw hard states from all of it.

    A greedy player takes the best of all actions, or of those that two levels find, so that the
    states met later are those of a grid that is being operated, split substations and attacks
    included.

    Parameters
    ----------
    grid:
        What is played on.
    lines:
        Lines to take out (`lines_taken_out`).
    limit:
        Largest number of states, shared out evenly over the causes.
    substations:
        Number of substations whose actions are all simulated (`TwoLevels`).
    max_steps:
        Steps to play at most (0: to the end).

    Returns
    -------
    list of HardState
        By their step; those of one cause lie `STEPS_APART` or more.
    """
    settings = OverloadSettings(
        critical_rho=critical_rho, safe_rho=0.0, candidates=len(actions), plan=False
    )
    manager = OverloadManager(grid, actions, simulator, settings)
    levels = TwoLevels(actions, simulator, substations)

    def ranked(situation: Situation) -> np.ndarray:
        choices = levels.worth_trying(GridState.from_observation(situation.observation)) + 1
        return np.asarray(choices[situation.allowed[choices]])

    hard, calm = _play(episode, manager, ranked, simulator, lines, max_steps or episode.max_steps)
    states = [*hard, *_with_lines_out(simulator, calm, lines, limit, generator)]
    return sorted(_shared_out(states, limit, generator), key=lambda state: state.step)


def _play(
    episode: Episode,
    manager: OverloadManager,
    ranked: Ranking,
    simulator: BatchSimulator,
    lines: np.ndarray,
    max_steps: int,
) -> tuple[list[HardState], list[CalmState]]:
    """Play an episode to its end, or for some steps.

    Returns
    -------
    list of HardState
        Those of one cause lie `STEPS_APART` or more.
    list of CalmState
        Some in which all lines to take out are in service.
    """
    hard: list[HardState] = []
    calm: list[CalmState] = []
    while not episode.done and episode.steps < max_steps:
        step, situation = episode.steps, manager.situation(episode.observation, ranked)
        observation = situation.observation
        decision = manager.decide_in(situation)
        if situation.is_overloaded:
            state = GridState.from_observation(observation)
            if _is_hard(simulator, state):
                cause = _cause(state, episode.attacked)
                _add_apart(hard, HardState(state, cause, step))
        elif step % STEPS_APART == 0 and observation.line_status[lines].all():
            state = GridState.from_observation(observation)
            calm.append((float(observation.rho.max()), step, state))
        episode.step(decision.action)
    return hard, calm


def _is_hard(simulator: BatchSimulator, state: GridState) -> bool:
    (outcome,) = simulator.evaluate_state(state, [GridAction.nothing(simulator.positions)])
    return outcome.max_rho >= SOLVED_RHO


def _cause(state: GridState, attacked: tuple[int, ...]) -> str:
    if attacked:
        return "attack"
    if state.maintenance.any():
        return "maintenance"
    return "split" if (state.topology == 2).any() else "load"


def _add_apart(states: list[HardState], new: HardState) -> None:
    last = [state.step for state in states if state.cause == new.cause]
    if not last or new.step - last[-1] >= STEPS_APART:
        states.append(new)


def _with_lines_out(
    simulator: BatchSimulator,
    calm: Sequence[CalmState],
    lines: np.ndarray,
    limit: int,
    generator: np.random.Generator,
) -> list[HardState]:
    """States of the more loaded half of the calm steps, one line out of each that makes it hard."""
    if not calm or not len(lines):
        return []
    median = np.median([load for load, _, _ in calm])
    high = [(step, state) for load, step, state in calm if load >= median]
    states: list[HardState] = []
    times = dict.fromkeys(lines.tolist(), 0)
    for number in generator.permutation(len(high)):
        step, state = high[number]
        # the lines that were taken out least often come first
        order = sorted(generator.permutation(lines).tolist(), key=lambda line: times[line])
        for line in order:
            out = state.without_line(simulator.positions, line)
            if _is_hard(simulator, out):
                times[line] += 1
                states.append(HardState(out, "line taken out", step))
                break
        if len(states) == limit:
            break
    return states


def _shared_out(
    states: Sequence[HardState], limit: int, generator: np.random.Generator
) -> list[HardState]:
    """At most `limit` of them, by turns from each cause."""
    by_cause = [[state for state in states if state.cause == cause] for cause in CAUSES]
    turns = [[part[i] for i in generator.permutation(len(part))] for part in by_cause]
    drawn: list[HardState] = []
    while len(drawn) < limit and any(turns):
        for part in turns:
            if part and len(drawn) < limit:
                drawn.append(part.pop())
    return drawn
