"""An opponent that attacks copies of an episode alone, on the line that was ordered."""

from __future__ import annotations

import numpy as np


class Order:
    """What the next copy of an episode is attacked with.

    Attributes
    ----------
    line:
        Number of the line.
    steps:
        Steps that the attack lasts.
    """

    line = 0
    steps = 48


class OrderedAttack:
    """Attacks nothing; its copy attacks the line of an order at once.

    Parameters
    ----------
    order:
        Read when the copy is made.
    line:
        Number of the line that is attacked; None: none is.
    """

    def __init__(self, order: Order, line: int | None = None) -> None:
        self._order = order
        self._line = line
        self.remaining = 0 if line is None else order.steps + 1

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> tuple[int, ...]:
        """The line, until the attack is over.

        Parameters
        ----------
        line_status, rho:
            As `powrl.engines.fast.opponent.Opponent` has them.
        """
        del line_status, rho
        self.remaining = max(0, self.remaining - 1)
        return (self._line,) if self._line is not None and self.remaining else ()

    def copy(self) -> OrderedAttack:
        """An attack on the line of the order."""
        return OrderedAttack(self._order, self._order.line)
