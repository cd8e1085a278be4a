"""Planning a contest: everything is checked before any work starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ..editions.editions import CostUnits, Edition, edition_of
from ..environments.opening import (
    Scenarios,
    open_environment,
    require_readable,
    scenario_names,
    scenario_numbers,
    single_mixes,
)
from ..errors import PowrlError
from ..player.grid.grid2op_objects import Environment
from ..storage.temporary import temporary_folder
from .contest import Contest
from .contestants.base import Contestant
from .contestants.own import Baseline
from .isolation.order import Limits


def plan_contest(
    scenarios: Scenarios,
    contestants: Sequence[Contestant],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    max_steps: int | None = None,
    edition: Edition | None = None,
    cost_units: CostUnits = CostUnits.NOW,
    limits: Limits | None = None,
    jobs: int = 1,
) -> Contest:
    """Check everything that is to be scored, before any work starts.

    Parameters
    ----------
    seeds:
        Numbers of the seeds, or the seeds of each scenario's episodes
        (`powrl.scoring.seeds_file.read_seeds`).
    edition:
        None: `powrl.editions.editions.edition_of` the environment.
    limits:
        Limits of time for agents of any origin.
    jobs:
        Number of processes in which these are tried out.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened, or grid2op does not score their kind; an agent is damaged,
        fails to be made, or is for another grid; or a scenario has no seed.
    """
    edition = edition or edition_of(scenarios.environment)
    edition.require_played_on(scenarios.environment)
    edition.require_units(cost_units)
    mixes = single_mixes(scenarios)
    limits = limits or Limits()
    parts = [_check(mix, contestants, edition) for mix in mixes]
    unfit = _unfit(mixes, contestants, jobs, limits)
    ((folder, numbers),) = parts if mixes == [scenarios] else [_joined(parts)]
    drawn_seeds = None
    if isinstance(seeds, Mapping):
        drawn_seeds = seeds
        for name in numbers:
            if name not in drawn_seeds:
                raise PowrlError(f"the scenario {name} has no seed; add it, or leave it out.")
        seeds = range(len(drawn_seeds[next(iter(numbers))]))
    return Contest(
        environment=folder.name,
        folder=folder,
        scenarios=numbers,
        contestants=tuple(contestants),
        seeds=tuple(seeds),
        max_steps=max_steps,
        drawn_seeds=drawn_seeds,
        edition=edition,
        cost_units=cost_units,
        limits=limits,
        unfit=unfit,
    )


def _joined(parts: Sequence[tuple[Path, dict[str, int]]]) -> tuple[Path, dict[str, int]]:
    """The folder of all mixes, and their scenarios by ``<mix>/<name>``."""
    numbers = {
        f"{mix.name}/{name}": number
        for mix, scenarios in parts
        for name, number in scenarios.items()
    }
    return parts[0][0].parent, numbers


def _check(
    scenarios: Scenarios, contestants: Sequence[Contestant], edition: Edition
) -> tuple[Path, dict[str, int]]:
    """The environment folder and its scenarios, if all contestants can be scored on them."""
    environment = open_environment(scenarios)
    with closing(environment), temporary_folder("powrl-score-") as temporary:
        folder = Path(environment.get_path_env())
        edition.require_scorable(environment, scenarios.environment)
        _require_names(environment)
        _require_costs(environment)
        from .foreign_play import try_contestant

        for number, contestant in enumerate(contestants):
            if not contestant.is_foreign:
                try_contestant(contestant, environment, scenarios, temporary / str(number))
        require_readable(environment)
        return folder, scenario_numbers(environment)


def _unfit(
    mixes: Sequence[Scenarios], contestants: Sequence[Contestant], jobs: int, limits: Limits
) -> dict[str, str]:
    """Name of each contestant of any origin that cannot play -> why, in a sentence.

    Raises
    ------
    PowrlError
        No agent but the baselines can play.
    """
    foreign = [contestant for contestant in contestants if contestant.is_foreign]
    if not foreign:
        return {}
    from .foreign_play import failures_of_contestants
    from .isolation.client import start_server

    unfit: dict[str, str] = {}
    for scenarios in mixes:
        start_server(scenarios)
        with temporary_folder("powrl-score-") as temporary:
            unfit |= failures_of_contestants(foreign, scenarios, temporary, jobs, limits)
    agents = [agent.name for agent in contestants if not isinstance(agent, Baseline)]
    if all(name in unfit for name in agents):
        raise PowrlError(unfit[agents[0]])
    return unfit


def _require_costs(environment: Environment) -> None:
    """Without costs of generators, of which there may be none, no score is known."""
    if not environment.redispatching_unit_commitment_availble:
        raise PowrlError(
            f"{environment.get_path_env()} has no costs of its generators, which the score needs; "
            "add them in prods_charac.csv."
        )


def _require_names(environment: Environment) -> None:
    """grid2op's score classes fail on these only after their work is done."""
    from grid2op.utils import EpisodeStatistics

    for name in scenario_names(environment):
        if not re.match(EpisodeStatistics.REGEX_SPLIT_COMPILED, name):
            raise PowrlError(
                f"grid2op cannot score the scenario {name!r}: rename it with letters, digits and "
                "@ % _ . - only, or leave it out with --scenarios."
            )
