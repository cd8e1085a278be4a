"""What generators can take off the load of each line in one step."""

from __future__ import annotations

import numpy as np

from ..grid.generators import Generators
from ..lookahead.batch import BatchSimulator
from ..lookahead.sensitivity import GeneratorSensitivity
from ..lookahead.state import GridState


class LineRelief:
    """Finds by how much balanced moves of all generators lower the load of each line.

    Parameters
    ----------
    simulator:
        Of the grid; a copy of it is worked on.
    generators:
        Those that can be moved.
    """

    def __init__(self, simulator: BatchSimulator, generators: Generators) -> None:
        self._generators = generators
        self._sensitivity = GeneratorSensitivity(simulator.grid_copy(), generators.numbers)

    def at(self, state: GridState) -> np.ndarray:
        """What one step of ramps takes off each line alone (shares of its limit).

        Returns
        -------
        numpy.ndarray
            Shape ``(n_line,)``; 0 where the power flow has no solution.
        """
        answer = self._sensitivity.at(state)
        if answer is None:
            return np.zeros(len(state.thermal_limits))
        generators = self._generators
        produced = state.injections.gen_p[generators.numbers].astype(float)
        up = np.clip(generators.pmax - produced, 0, generators.ramp_up)
        down = np.clip(produced - generators.pmin, 0, generators.ramp_down)
        return largest_decrease(answer.slopes.all(), up, down)


def largest_decrease(slopes: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    r"""By how much moves that balance each other lower each load at most.

    With slopes :math:`s_g` the dual of that linear program is

    .. math::

        \min_\lambda \sum_g u_g\, (\lambda - s_g)^+ + d_g\, (s_g - \lambda)^+

    which is least where :math:`\lambda` is one of the slopes.

    Parameters
    ----------
    slopes:
        Load per MW of each generator, shape ``(n_line, n)``.
    up, down:
        How far each may move (MW), shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_line,)``.

    Examples
    --------
    >>> largest_decrease(np.array([[0.02, 0.0]]), np.array([5.0, 5.0]), np.array([3.0, 5.0]))
    array([0.06])
    """
    beyond = slopes[:, :, None] - slopes[:, None, :]  # of each generator, at each level
    values = up[:, None] * np.maximum(-beyond, 0) + down[:, None] * np.maximum(beyond, 0)
    return np.asarray(values.sum(axis=1).min(axis=1))
