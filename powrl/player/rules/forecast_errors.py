"""By how much loads were higher than foreseen a step ago: a margin for those foreseen now."""

from __future__ import annotations

import numpy as np

from ..grid.observation import Observation

MIN_LOAD = 0.5
"""Below this load a line needs no margin, and its relative error says little."""


class ForecastErrors:
    """What was foreseen in the last step; a part of the episode's memory.

    Examples
    --------
    >>> errors = ForecastErrors()
    >>> errors.foresee(step=3, rho=np.array([0.96, 0.4]), topology=observation.topo_vect)
    >>> errors.margins(observation, share=0.5)  # in step 4, at loads of 1.0 and 0.45
    array([1.02083333, 1.        ])
    """

    def __init__(self) -> None:
        self._step = -1
        self._rho: np.ndarray | None = None
        self._topology: np.ndarray | None = None

    def foresee(self, step: int, rho: np.ndarray, topology: np.ndarray) -> None:
        """Note what is foreseen for the next step.

        Parameters
        ----------
        step:
            In which it is foreseen.
        rho, topology:
            Loads and ``topo_vect`` expected a step later.
        """
        self._step, self._rho, self._topology = step, np.array(rho), np.array(topology)

    def margins(self, observation: Observation, share: float) -> np.ndarray:
        """What loads foreseen now are multiplied by, shape ``(n_line,)``; 1: nothing is known.

        Nothing is where the last step foresaw nothing, and where the topology is another one than
        foreseen: an attack or a protection came between.

        Parameters
        ----------
        share:
            Of the last error that is expected again; loads that were lower than foreseen do not
            lower those of now.
        """
        now = np.asarray(observation.rho, dtype=float)
        margins = np.ones_like(now)
        if self._rho is None or self._topology is None:
            return margins
        if self._step != int(observation.current_step) - 1:
            return margins
        if not np.array_equal(self._topology, observation.topo_vect):
            return margins
        higher = (self._rho >= MIN_LOAD) & (now > self._rho)
        margins[higher] += share * (now[higher] / self._rho[higher] - 1)
        return margins
