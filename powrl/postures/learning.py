"""What attacks come to, fitted to those that were played, and the postures that lower the risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..player.rules.attack_value import MINUTES_PER_DAY, PLAIN, AttackValue, attack_features
from .calm_state import CalmState
from .play import Attack, Played

PARTS_OF_DAY = 48
"""The growth of the load is told for each half hour."""

FEWEST_FATAL = 4
"""A line has coefficients of its own where so many attacks on it were fatal, others share theirs;
where fewer were fatal in all, nothing is learned."""

RIDGE = np.array([0.001, 0.02, 0.02, 0.02])
"""Penalty on the square of each coefficient."""

NEWTON_STEPS = 60


def load_growth(played: Sequence[Played], duration: int) -> list[float]:
    """By how much the load grows while an attack lasts, on average of each part of the day.

    Parameters
    ----------
    duration:
        Steps that an attack lasts.

    Returns
    -------
    list of float
        A factor of 1 or more for each part.
    """
    of_part: list[list[float]] = [[] for _ in range(PARTS_OF_DAY)]
    for one in played:
        loads = np.array(one.loads)
        for step in range(len(loads) - duration):
            growth = float(loads[step : step + duration + 1].max() / loads[step])
            of_part[_part(one.minutes[step])].append(growth)
    return [round(float(np.mean(part)), 3) if part else 1.0 for part in of_part]


def attack_values(
    attacks: Sequence[Attack], lines: Sequence[str], growth: Sequence[float]
) -> list[list[float]]:
    """The coefficients of each line (`powrl.player.rules.attack_value.AttackValue`).

    They are those of a logistic regression with a ridge penalty, over the attacks on the line; of
    all lines with few fatal attacks together.

    Parameters
    ----------
    lines:
        Names of all lines that are attacked, in the order of the result.
    growth:
        Of the load, by the part of the day.
    """
    own = [
        line
        for line in lines
        if sum(one.is_fatal for one in attacks if one.line == line) >= FEWEST_FATAL
    ]
    shared = _coefficients([one for one in attacks if one.line not in own], growth)
    of_line = {line: _coefficients([a for a in attacks if a.line == line], growth) for line in own}
    return [of_line.get(line, shared) for line in lines]


def _coefficients(attacks: Sequence[Attack], growth: Sequence[float]) -> list[float]:
    if sum(one.is_fatal for one in attacks) < FEWEST_FATAL:
        return list(PLAIN)
    lost, corrected, growths = np.array(
        [(one.lost, one.corrected, growth[_part(one.minute)]) for one in attacks]
    ).T
    features = np.stack(np.broadcast_arrays(*attack_features(lost, corrected, growths)), axis=1)
    fatal = np.array([one.is_fatal for one in attacks], dtype=float)
    coefficients = np.zeros(features.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-features @ coefficients))
        gradient = features.T @ (chance - fatal) + RIDGE * coefficients
        curvature = (features.T * (chance * (1 - chance))) @ features + np.diag(RIDGE)
        coefficients -= np.linalg.solve(curvature, gradient)
    return [round(float(value), 3) for value in coefficients]


def risk_tables(
    states: Sequence[CalmState], value: AttackValue, n_actions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Risks of each state with the split of each action; infinite where it is not safe.

    Parameters
    ----------
    value:
        What attacks come to.
    n_actions:
        Of the action set.

    Returns
    -------
    single, double:
        Shapes ``(n_states, n_actions + 1)``: of the nominal topology, then of each split alone;
        and ``(n_states, n_actions)``: of each as the second one, on top of the best first one.
    """
    single = np.full((len(states), n_actions + 1), np.inf)
    double = np.full((len(states), n_actions), np.inf)
    for row, state in enumerate(states):
        for posture, risk in state.single.risks(value, state.minute).items():
            single[row, posture[0] + 1 if posture else 0] = risk
        for posture, risk in state.double.risks(value, state.minute).items():
            if posture:
                double[row, posture[1]] = min(double[row, posture[1]], risk)
    return single, double


def choose_splits(
    least: np.ndarray, table: np.ndarray, number: int
) -> tuple[list[int], list[float], np.ndarray]:
    """The splits that together lower the risk most, one by one, and the mean risk after each.

    Parameters
    ----------
    least:
        Risks of states without them, shape ``(n_states,)``.
    table:
        Risks with each of them, shape ``(n_states, n_splits)``.
    number:
        How many at most; none that lowers no risk.

    Returns
    -------
    chosen, means, least:
        Columns of the table; the mean risk before the first and after each; the risks with all.
    """
    chosen: list[int] = []
    means = [float(least.mean())]
    for _ in range(min(number, table.shape[1])):
        after = np.minimum(table, least[:, None]).mean(axis=0)
        best = int(after.argmin())
        if not after[best] < means[-1]:
            break
        chosen.append(best)
        means.append(float(after[best]))
        least = np.minimum(least, table[:, best])
    return chosen, means, least


def _part(minute: int) -> int:
    return minute * PARTS_OF_DAY // MINUTES_PER_DAY
