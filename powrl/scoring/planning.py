"""Planning a contest: everything is checked before any work starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

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


def plan_contest(
    scenarios: Scenarios,
    contestants: Sequence[Contestant],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    max_steps: int | None = None,
    edition: Edition | None = None,
    cost_units: CostUnits = CostUnits.NOW,
) -> Contest:
    """Check everything that is to be scored, before any work starts.

    Parameters
    ----------
    seeds:
        Numbers of the seeds, or the seeds of each scenario's episodes
        (`powrl.scoring.seeds_file.read_seeds`).
    edition:
        None: `powrl.editions.editions.edition_of` the environment.

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
    parts = [_check(mix, contestants, edition) for mix in mixes]
    if mixes == [scenarios]:
        ((folder, numbers),) = parts
    else:
        folder = parts[0][0].parent
        numbers = {
            f"{mix.name}/{name}": number
            for mix, scenarios_of_mix in parts
            for name, number in scenarios_of_mix.items()
        }
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
    )


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
        for number, contestant in enumerate(contestants):
            with contestant.open(scenarios, temporary / str(number)) as ready:
                ready.make(environment)
                if ready.rewards:
                    _require_playable(contestant, scenarios, ready.rewards)
        require_readable(environment)
        return folder, scenario_numbers(environment)


def _require_playable(
    contestant: Contestant, scenarios: Scenarios, rewards: Mapping[str, Any]
) -> None:
    """Refuse rewards of a submission that an environment cannot be made or played with."""
    try:
        with contestant.guard(), closing(open_environment(scenarios, **rewards)) as environment:
            environment.reset()
            environment.step(environment.action_space())
    except PowrlError as error:
        raise PowrlError(
            f"the rewards of {contestant.name} cannot be played with: {error}"
        ) from error


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
