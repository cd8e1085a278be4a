"""Scoring a finished run again, as another edition or in other units, without play."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..editions.editions import (
    CostUnits,
    Edition,
    EditionName,
    find_cost_units,
    find_edition,
)
from ..errors import PowrlError
from ..player.files import checked_path
from ..workspace.runs import reported_command
from .finished_run import FinishedRun
from .results import EpisodeScore
from .scoring_result import ScoringResult

_STORAGE_PRICED = ("ScoreL2RPN2022",)
"""Score classes in which storage has a price of its own."""


def rescore(
    run: str | Path,
    *,
    edition: str | EditionName | None = None,
    cost_units: str | CostUnits = CostUnits.NOW,
    output: str | Path | None = None,
    command: str | None = None,
) -> ScoringResult:
    """Score a finished run again from the costs of its episodes; nothing is played.

    Parameters
    ----------
    run:
        Run folder of a scoring; it stays as it is.
    edition, cost_units:
        Competition whose score counts, by default that of the run; units of the cost.
    output:
        Run folder for the results; None: a new one in ``runs/``.
    command:
        Command line for the report; None: the call of this function.

    Returns
    -------
    ScoringResult
        As playing the same contest would give it, to the last digit.

    Raises
    ------
    PowrlError
        The run is not finished or has no costs, or the score needs more than the costs.

    Examples
    --------
    >>> from powrl.editions.editions import CostUnits
    >>> run = "runs/score-20260101-120000"
    >>> powrl.rescore(run, cost_units=CostUnits.YEAR_2020)  # doctest: +SKIP
    """
    past = FinishedRun.read(checked_path(run, "run"))
    units = find_cost_units(cost_units)
    scored = rescored(past, find_edition(edition) or past.contest.edition, units)
    call = f"powrl.rescore({str(run)!r}, cost_units={units.value!r})"
    return scored.write("score", past.origins, reported_command(command, call), output)


def rescored(run: FinishedRun, edition: Edition, units: CostUnits) -> FinishedRun:
    """A finished run with the scores of an edition, in units.

    Raises
    ------
    PowrlError
        The edition was played on another environment, has no such units, or scores what the run
        does not tell.
    """
    edition.require_played_on(run.contest.environment)
    edition.require_units(units)
    played = run.contest.edition
    if edition.score != played.score:
        _require_costs_alone(run, edition)
    chosen = run.request.edition
    if edition != played:
        chosen = EditionName(edition.name)
    return replace(
        run,
        request=replace(run.request, edition=chosen, cost_units=units),
        contest=replace(run.contest, edition=edition, cost_units=units),
        episodes=[_rescored(episode, edition, units) for episode in run.episodes],
    )


def _rescored(episode: EpisodeScore, edition: Edition, units: CostUnits) -> EpisodeScore:
    if edition.parts:  # those that were played
        return episode
    return replace(episode, parts={}).in_units(units)


def _require_costs_alone(run: FinishedRun, edition: Edition) -> None:
    played = run.contest.edition
    advice = f"play it: powrl score --edition {edition.name}."
    if edition.parts:
        raise PowrlError(
            f"{edition.title} scores {', '.join(edition.parts)}, and {run.files.path} has costs "
            f"alone; {advice}"
        )
    prices = {competition.score in _STORAGE_PRICED for competition in (played, edition)}
    storage = any(score.costs is not None and score.costs.storage for score in run.episodes)
    if len(prices) > 1 and storage:
        raise PowrlError(
            f"{edition.title} prices storage in another way than {played.title}, with which "
            f"{run.files.path} was played; {advice}"
        )
