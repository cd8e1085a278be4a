"""What an attack on each line comes to, as learned from attacks that came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..grid.observation import Observation

HIGHEST_LOAD = 2.5
"""Loads beyond this are taken for it."""

PLAIN = (-5 / 3, 100 / 3, 0.0, 0.0)
"""Without anything learned: half of the attacks end the episode whose correction leaves 1.05."""

MINUTES_PER_DAY = 24 * 60


def attack_features(
    lost: np.ndarray, corrected: np.ndarray, growth: float | np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """What a, b, c and d of `AttackValue` are multiplied by.

    Parameters
    ----------
    lost, corrected, growth:
        r1, r2 and g, of shapes that fit each other.
    """
    bare, best = (np.minimum(load, HIGHEST_LOAD) for load in (lost, corrected))
    return 1.0, best - 1, bare - 1, best * (growth - 1)


class AttackValue:
    r"""Tells the chance that an attack on a line ends the episode.

    .. math:: p = \sigma(a + b\,(r_2 - 1) + c\,(r_1 - 1) + d\,r_2\,(g - 1))

    :math:`r_1` is the highest load after the loss of the line, :math:`r_2` that after its best
    correction, and :math:`g` by how much the load of the grid is expected to grow while the attack
    lasts, by the time of day: after the loss at dawn of a line that feeds a load pocket, no
    correction holds until noon. With d = b, what a correction leaves grows with the load of the
    grid, to :math:`r_2\,g`.

    Parameters
    ----------
    coefficients:
        a, b, c and d of each line; empty: nothing was learned.
    growth:
        g by the time of day, for parts of it that are equally long; empty: the load stays.
    """

    def __init__(
        self, n_lines: int, coefficients: Sequence[Sequence[float]], growth: Sequence[float]
    ) -> None:
        self._coefficients = np.array(coefficients or [PLAIN] * n_lines, dtype=float).reshape(-1, 4)
        self._growth = np.array(growth or [1.0], dtype=float)

    @property
    def n_lines(self) -> int:
        """Of how many lines."""
        return len(self._coefficients)

    def chance(
        self, observation: Observation, lost: np.ndarray, corrected: np.ndarray
    ) -> np.ndarray:
        """The chance for each line, shape ``(..., n)``.

        Parameters
        ----------
        observation:
            Tells the time of day.
        lost, corrected:
            r1 and r2, shape ``(..., n)``; infinite where the loss ends the episode at once.
        """
        return self.chance_at(minute_of_day(observation), lost, corrected)

    def chance_at(self, minute: int, lost: np.ndarray, corrected: np.ndarray) -> np.ndarray:
        """The same at a minute of the day.

        Parameters
        ----------
        minute:
            From 0 on.
        lost, corrected:
            As in `chance`.
        """
        features = attack_features(lost, corrected, self._growth_at(minute))
        exponent = sum(one * feature for one, feature in zip(self._coefficients.T, features))
        return np.asarray(np.where(np.isfinite(lost), 1 / (1 + np.exp(-exponent)), 1.0))

    def load_at(
        self, observation: Observation, lost: np.ndarray | None, chance: float
    ) -> np.ndarray:
        """The load after correction at which an attack has a chance, shape ``(n,)``.

        Parameters
        ----------
        observation:
            Has the time of day.
        lost:
            r1, shape ``(n,)``; None: it is r2, since nothing is corrected.
        chance:
            Above 0 and below 1.

        Returns
        -------
        numpy.ndarray
            Infinite where the chance does not grow with that load.
        """
        constant, after_correction, after_loss, growing = self._coefficients.T
        growth = self._growth_at(minute_of_day(observation)) - 1
        rest = np.log(chance / (1 - chance)) - constant - growing * growth
        slope = after_correction + growing * growth
        if lost is None:
            slope = slope + after_loss
        else:
            rest = rest - after_loss * (np.minimum(lost, HIGHEST_LOAD) - 1)
        load = 1 + rest / np.where(slope > 0, slope, 1)
        return np.where((slope > 0) & (load < HIGHEST_LOAD), load, np.inf)

    def _growth_at(self, minute: int) -> float:
        return float(self._growth[minute * len(self._growth) // MINUTES_PER_DAY])


def minute_of_day(observation: Observation) -> int:
    """Minutes since midnight in an observation."""
    date = observation.get_time_stamp().timetuple()
    return int(date.tm_hour * 60 + date.tm_min)
