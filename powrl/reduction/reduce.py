"""From an environment to a reduced action set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from ..actions.action_set import ActionSet
from ..actions.enumeration import unitary_topologies
from ..errors import PowrlError
from ..grid.environments import (
    Scenarios,
    open_environment,
    require_grid_of,
    require_readable,
    scenario_names,
)
from ..grid.layout import GridLayout
from ..overload.settings import OverloadSettings
from ..stepping.engine import EngineName, open_engine
from .selection import select_actions
from .states import StressedStates, collect_stressed_states, distinct_actions


@dataclass(frozen=True)
class Reduction:
    """A reduced action set and what it was chosen on.

    Attributes
    ----------
    actions:
        The actions kept, most useful first.
    enumerated, distinct:
        How many topologies were enumerated, and how many of them differ electrically.
    n_states:
        Number of stressed states.
    relieved_by_all, relieved_by_kept:
        Share of the states that some action (of all, of those kept) brings below the safe load.
    """

    actions: ActionSet
    enumerated: int
    distinct: int
    n_states: int
    relieved_by_all: float
    relieved_by_kept: float


def reduce_actions(
    scenarios: Scenarios,
    size: int,
    n_states: int,
    seed: int = 0,
    jobs: int = 1,
    maximum_elements: int = 10,
    settings: OverloadSettings | None = None,
    engine: EngineName = "fast",
    on_progress: Callable[[int, int], None] | None = None,
) -> Reduction:
    """Choose the topology actions that relieve the stressed states of some scenarios.

    Parameters
    ----------
    size:
        Actions to keep at most.
    n_states:
        Stressed states to collect, shared out evenly over the scenarios.
    maximum_elements:
        Larger substations are left out: a substation of n elements has about 2^(n-1) topologies.
    engine:
        What plays the scenarios (`powrl.stepping.engine.open_engine`).
    on_progress:
        Called with (states collected, scenarios played).

    Raises
    ------
    PowrlError
        No scenario has a stressed state, no topology relieves one, or the scenarios are of
        another grid than the environment's.
    """
    settings = settings or OverloadSettings()
    environment = open_environment(scenarios)
    require_grid_of(environment, scenarios.environment)
    require_readable(environment)
    names = scenario_names(environment)
    enumerated = unitary_topologies(GridLayout.of(environment), maximum_elements=maximum_elements)
    environment.close()
    with closing(open_engine(engine, scenarios, cached=False)) as opened:
        distinct = distinct_actions(opened, enumerated)
    order = np.random.default_rng(seed).permutation(len(names))
    limit = -(-n_states // len(names))
    parts: list[StressedStates] = []
    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(collect_stressed_states)(
            scenarios, names[index], seed + int(index), distinct, settings, limit, engine
        )
        for index in order
    )
    for part in results:
        parts.append(part)
        if on_progress is not None:
            on_progress(sum(len(each.nothing) for each in parts), len(parts))
    states = StressedStates.joined(parts)
    if not len(states.nothing):
        raise PowrlError(
            f"no line reaches {settings.critical_rho} of its limit in these scenarios; "
            "give more scenarios or a lower --critical-rho."
        )
    kept = select_actions(states, size, settings.safe_rho)
    if not kept:
        raise PowrlError(
            f"none of {len(distinct)} topologies lowers the load of a stressed state; give more "
            "scenarios or a higher --max-elements."
        )
    actions = ActionSet(distinct.layout, tuple(distinct.actions[index] for index in kept))

    def relieved(after: np.ndarray) -> float:
        best = np.minimum(states.nothing, after.min(axis=1, initial=np.inf))
        return float(np.mean(best < settings.safe_rho))

    return Reduction(
        actions=actions,
        enumerated=len(enumerated),
        distinct=len(distinct),
        n_states=len(states.nothing),
        relieved_by_all=relieved(states.after),
        relieved_by_kept=relieved(states.after[:, kept]),
    )
