"""Rule 4: what no single topology action clears, plan over the steps that the protections leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet
from ..grid.action import GridAction
from ..lookahead.batch import BatchSimulator
from ..lookahead.beam_search import ActionSequence, search_sequence
from ..lookahead.outcome import Outcome
from ..lookahead.state import GridState
from .settings import OverloadSettings

AS_PLANNED = 0.02
"""A step of the plan is played as long as its load is no higher than planned by more than this."""


class Planning:
    """Searches a sequence of actions, and goes on with it while the grid does as planned.

    Parameters
    ----------
    actions:
        Of which the sequences are made.
    rank:
        How bad an outcome is, the lower the better.
    """

    def __init__(
        self,
        actions: ActionSet,
        simulator: BatchSimulator,
        settings: OverloadSettings,
        rank: Callable[[Outcome], float],
    ) -> None:
        self._actions = actions
        self._simulator = simulator
        self._settings = settings
        self._rank = rank
        self._rest: ActionSequence | None = None

    def next_action(
        self, observation: Any, base: GridAction, deadline: float
    ) -> tuple[GridAction, int | None, Outcome] | None:
        """What to play now, its index in the action set, and its simulated outcome.

        None where grid2op alone knows what generators will do, or no action has a finite rank.

        Parameters
        ----------
        base:
            A reconnection to be played in this step in any case, or nothing.
        deadline:
            Value of `time.perf_counter` after which the search ends with what it has.
        """
        state = self._simulator.state_of(observation)
        if state is None:
            return None
        # a line that can come back by now was not part of the plan
        planned = None if base.set_line_status.any() else self._continued(observation, state)
        if planned is None:
            found = search_sequence(
                self._simulator,
                state,
                self._actions,
                self._rank,
                self._settings.plan_goal,
                self._settings.plan_width,
                self._settings.plan_depth,
                deadline,
                base,
            )
            if found is None:
                self._rest = None
                return None
            self._rest = found
            planned = found.actions[0], found.choices[0], found.outcomes[0]
        return planned

    def forget(self) -> None:
        """Drop the plan: the overload is over. That another action was played, it finds itself."""
        self._rest = None

    def _continued(
        self, observation: Any, state: GridState
    ) -> tuple[GridAction, int | None, Outcome] | None:
        """The next step of the plan where things went as it said, else None."""
        plan, self._rest = self._rest, None
        if plan is None or len(plan.actions) < 2:
            return None
        if not np.array_equal(plan.topologies[0], observation.topo_vect):
            return None
        action = plan.actions[1]
        outcome = self._simulator.evaluate_state(state, [action])[0]
        if outcome.max_rho > plan.outcomes[1].max_rho + AS_PLANNED:
            return None
        self._rest = ActionSequence(
            plan.choices[1:], plan.actions[1:], plan.outcomes[1:], plan.topologies[1:]
        )
        return action, plan.choices[1], outcome
