"""Scenarios that stay in memory once they were played."""

from __future__ import annotations

from typing import Any

import numpy as np
from grid2op.Chronics import GridValue, Multifolder
from grid2op.dtypes import dt_int


class KeptScenarios(Multifolder):
    """The scenarios of a folder, each of which is read when it is played for the first time.

    An episode is equal to that of grid2op's ``Multifolder``, what is drawn from the seed included.
    ``MultifolderWithCache`` reads all scenarios before the first is played, and draws otherwise.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._memory: dict[str, GridValue] = {}

    def initialize(self, *orders: Any, **names: Any) -> None:
        """Begin the scenario that was chosen; the parameters are those of ``Multifolder``."""
        data = None if self._order is None else self._memory.get(self.get_id())
        if data is None:
            super().initialize(*orders, **names)
            self._memory[self.get_id()] = self.data
            return
        self.data: GridValue = data
        data.seed(self.space_prng.randint(np.iinfo(dt_int).max))  # the draw of `Multifolder`
        data.regenerate_with_new_seed()
        data.next_chronics()
        self.start_datetime, self.current_datetime = data.start_datetime, data.current_datetime
        self._max_iter = data.max_iter
