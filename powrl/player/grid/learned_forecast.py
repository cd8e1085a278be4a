"""Forecasts of the injections that learn, in an episode, how far those of the time series hold."""

from __future__ import annotations

import numpy as np

from .generators import Generators
from .grid2op_objects import Injections4
from .observation import Observation

PRIOR = 10.0
"""Trust in the forecast at first: that of so many observed changes of 1 MW."""

CHANGES = 2
"""So many of the last changes tell the next one, beside the forecast."""


class LearnedForecast:
    r"""Foresees injections by ridge regression, of each injection by itself; a part of the memory.

    With an injection :math:`x_t` in step :math:`t`, its forecast :math:`f_t` for the next step, and
    :math:`\Delta_t = x_t - x_{t-1}`:

    .. math::

        \hat\Delta_{t+1} = w_1 \Delta_t + w_2 \Delta_{t-1} + w_3 (f_t - x_t), \qquad
        \min_w\; \sum_{s \le t} (\Delta_s - \hat\Delta_s)^2 + 10\, |w - (0, 0, 1)|^2

    Production is that of the time series, without redispatching and curtailment. The time series of
    2020 and 2021 forecast loads well, but for generators their present production; those of 2023
    forecast loads four times worse than the present ones would.

    Examples
    --------
    >>> forecast = LearnedForecast()
    >>> gen_p, gen_v, load_p, load_q = forecast.next(observation, generators, is_slack)
    """

    def __init__(self) -> None:
        self._step = -1
        self._past: list[np.ndarray] = []
        self._inputs: np.ndarray | None = None
        self._gram = np.empty(0)
        self._moments = np.empty(0)

    def next(
        self, observation: Observation, generators: Generators, is_slack: np.ndarray
    ) -> Injections4:
        """What is foreseen for the next step; to be asked in each step, once.

        Parameters
        ----------
        observation:
            Of this step.
        generators:
            Those that can be moved; they stay below their highest production.
        is_slack:
            Generators that balance the grid, shape ``(n_gen,)``: their forecast stays, since what
            they produce is not what the time series say.

        Returns
        -------
        tuple of numpy.ndarray
            ``gen_p``, ``gen_v``, ``load_p``, ``load_q`` (``BaseObservation.get_forecasted_inj``).
        """
        gen_p, gen_v, load_p, load_q = observation.get_forecasted_inj(1)
        loads = (observation.load_p, observation.load_q)
        present = np.concatenate((_scheduled(observation), *loads)).astype(float)
        offered = np.concatenate((gen_p, load_p, load_q)).astype(float)
        coming = self._foreseen(int(observation.current_step), present, offered)
        if coming is None:
            return gen_p, gen_v, load_p, load_q
        production = np.maximum(coming[: len(gen_p)], 0)
        numbers = generators.numbers
        production[numbers] = np.minimum(production[numbers], generators.pmax)
        production[is_slack] = np.asarray(gen_p)[is_slack]
        active, reactive = np.split(coming[len(gen_p) :], 2)
        return (
            production.astype(np.float32),
            gen_v,
            active.astype(np.float32),
            reactive.astype(np.float32),
        )

    def _foreseen(self, step: int, present: np.ndarray, offered: np.ndarray) -> np.ndarray | None:
        """Injections of the next step, or None: too few steps were observed."""
        if step != self._step + 1:
            self._past, self._inputs = [], None
        self._step = step
        self._past = [*self._past[-CHANGES:], present]
        if not len(self._gram):
            trust = np.array([0.0] * CHANGES + [PRIOR])
            self._gram = np.tile(PRIOR * np.eye(CHANGES + 1), (len(present), 1, 1))
            self._moments = np.tile(trust, (len(present), 1))
        if self._inputs is not None:
            self._gram += self._inputs[:, :, None] * self._inputs[:, None, :]
            self._moments += self._inputs * (present - self._past[-2])[:, None]
        if len(self._past) <= CHANGES:
            return None
        changes = np.diff(self._past, axis=0)[::-1]
        self._inputs = np.stack((*changes, offered - present), axis=1)
        weights = np.linalg.solve(self._gram, self._moments[:, :, None])[:, :, 0]
        return np.asarray(present + (weights * self._inputs).sum(axis=1))


def _scheduled(observation: Observation) -> np.ndarray:
    """Production of the time series in this step (MW), shape ``(n_gen,)``."""
    production = np.asarray(observation.gen_p, dtype=float)
    if np.asarray(observation.curtailment).any():
        production = np.maximum(production, observation.gen_p_before_curtail)
    return np.asarray(production - observation.actual_dispatch)
