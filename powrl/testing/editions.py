"""The conformance test of an edition's scoring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..editions.editions import CostUnits, Edition, find_edition
from ..scoring.contest import Contest
from ..scoring.contestants.own import Baseline
from ..scoring.costs import EpisodeCosts
from ..scoring.planning import plan_contest
from ..scoring.play import play_contest
from .surroundings import require, scenarios_of

_TOLERANCE = 1e-3


def check_edition(
    edition: str | Edition,
    environment: str | Path | None = None,
    *,
    scenario: str | None = None,
    steps: int = 10,
    seed: int = 0,
) -> None:
    """Require that an edition scores an episode as its class says.

    Doing nothing is scored by the edition's class of grid2op. The score, or its part
    ``operation``, has to be 0; the formula that powrl keeps has to give the same from the episode's
    costs. It has to give 80 for the cost of the reference, 100 for no cost, and -100 for a
    blackout from the start. Where doing nothing costs just what the reference does, the class has
    no such point, and 80 is not looked at.

    Parameters
    ----------
    edition:
        Name of an edition, or an edition of your own.
    environment:
        Name of a bundled environment, or an environment folder; by default the edition's own.
    scenario:
        Name of the scenario; by default the first.
    steps:
        Steps of the episode.
    seed:
        Number of its seed.

    Raises
    ------
    AssertionError
        A score differs; the sentence says which.
    ConfigurationError
        There is no edition of this name.
    PowrlError
        The environment cannot be opened, or not be scored by the edition's class.

    Examples
    --------
    >>> from powrl.editions.editions import Edition
    >>> grid = "rte_case14_realistic"
    >>> check_edition(Edition("mine", "My competition", grid, grid), steps=3)
    """
    competition = edition if isinstance(edition, Edition) else find_edition(edition)
    assert competition is not None
    contest = _contest(competition, environment or competition.bundled, scenario, steps, seed)
    (episode,) = play_contest(contest, 1, lambda: None, lambda _: None)
    require(
        set(episode.parts) == set(competition.parts),
        f"{competition.title}: its class gives the parts {list(episode.parts)}, the edition names "
        f"{list(competition.parts)}.",
    )
    score = episode.parts.get("operation", episode.score)
    _require_near(score, 0.0, competition, "doing nothing")
    assert episode.costs is not None
    _require_near(episode.costs.score(CostUnits.NOW), score, competition, "the formula")
    _require_points(episode.costs, competition)


def _contest(
    edition: Edition, environment: str | Path, scenario: str | None, steps: int, seed: int
) -> Contest:
    contest = plan_contest(
        scenarios_of(environment), (Baseline("DoNothing"),), (seed,), steps, edition
    )
    name = scenario or next(iter(contest.scenarios))
    require(
        name in contest.scenarios,
        f"there is no scenario {name}; give one of {', '.join(contest.scenarios)}.",
    )
    return replace(contest, scenarios={name: contest.scenarios[name]})


def _require_points(costs: EpisodeCosts, edition: Edition) -> None:
    """Require the scores of the reference, of no cost, and of a blackout from the start."""
    operation = costs.operation[CostUnits.NOW.value]

    def score(agent: float, blackout: float) -> float:
        units = {CostUnits.NOW.value: replace(operation, agent=agent)}
        return replace(costs, operation=units, blackout=blackout).score(CostUnits.NOW)

    _require_near(score(0.0, 0.0), 100.0, edition, "no cost")
    _require_near(score(0.0, costs.total_blackout), -100.0, edition, "a blackout")
    idle = np.float32(operation.idle) + np.float32(costs.idle_blackout)
    if idle != np.float32(operation.reference):
        _require_near(score(operation.reference, 0.0), 80.0, edition, "the reference")


def _require_near(score: float, expected: float, edition: Edition, subject: str) -> None:
    require(
        abs(score - expected) <= _TOLERANCE,
        f"{edition.title}: {subject} scores {score:g}, not {expected:g}.",
    )
