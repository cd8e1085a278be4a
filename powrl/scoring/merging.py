"""Merging the finished shards of a contest into the run that playing it as a whole would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from ..errors import PowrlError
from ..player.files import checked_paths
from ..workspace.runs import reported_command
from .finished_run import FinishedRun, PlayedContest
from .scoring_result import ScoringResult
from .shard import parse_shard


def merge(
    runs: Sequence[str | Path], *, output: str | Path | None = None, command: str | None = None
) -> ScoringResult:
    """Merge the shards of a contest (``powrl score --shard``); nothing is played.

    Parameters
    ----------
    runs:
        The run folders of all shards. They stay as they are.
    output:
        Run folder for the results; None: a new one in ``runs/``.
    command:
        Command line for the report; None: the call of this function.

    Returns
    -------
    ScoringResult
        As playing the whole contest would give it, to the last digit.

    Raises
    ------
    PowrlError
        A run is no finished shard, a shard is missing or given twice, or the shards began with
        other agents, settings or versions.

    Examples
    --------
    >>> merge(["runs/whole-1", "runs/whole-2"])  # doctest: +SKIP
    """
    shards = _in_order([FinishedRun.read(run) for run in checked_paths(runs, "runs")])
    for shard in shards[1:]:
        _require_same(shards[0], shard)
    origins = {
        agent.name: ([shard.files for shard in shards], agent.name)
        for agent in shards[0].contest.contestants
    }
    call = f"powrl.merge({[str(run) for run in runs]!r})"
    return _together(shards).write("score", origins, reported_command(command, call), output)


def _in_order(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The runs by the number of their shard."""
    shards: dict[int, FinishedRun] = {}
    counts = set()
    for run in runs:
        if run.request.shard is None:
            raise PowrlError(
                f"{run.files.path} is no shard; merge runs of powrl score --shard I/N."
            )
        number, count = parse_shard(run.request.shard)
        if number in shards:
            raise PowrlError(
                f"{shards[number].files.path} and {run.files.path} are the same shard, {number}; "
                "name each once."
            )
        shards[number] = run
        counts.add(count)
    missing = [number for number in range(1, max(counts, default=1) + 1) if number not in shards]
    if missing:
        text = f"{missing[0]}/{max(counts, default=1)}"
        raise PowrlError(f"the shard {text} is missing; name its run, or score it: --shard {text}.")
    return [shards[number] for number in sorted(shards)]


def _require_same(first: FinishedRun, shard: FinishedRun) -> None:
    begun, other = first.fingerprint, shard.fingerprint
    facts = {
        "settings": (first.request, replace(shard.request, shard=first.request.shard)),
        "agents": (begun.contents, other.contents),
        "versions": (begun.versions, other.versions),
        "shards": (_count(first), _count(shard)),
    }
    for fact, (value, difference) in facts.items():
        if value != difference:
            raise PowrlError(
                f"{first.files.path} and {shard.files.path} are no shards of one contest: they "
                f"have other {fact} ({value} and {difference}); score one of them anew."
            )


def _count(run: FinishedRun) -> int:
    return parse_shard(str(run.request.shard))[1]


def _together(shards: Sequence[FinishedRun]) -> PlayedContest:
    in_turn = zip_longest(*(shard.contest.scenarios for shard in shards))
    names = [name for turn in in_turn for name in turn if name is not None]
    seeds: dict[str, list[int]] = {}
    files: dict[str, str] = {}
    for shard in shards:
        seeds |= shard.fingerprint.episode_seeds
        files |= shard.fingerprint.files
    drawn = {name: seeds[name] for name in names}
    first = shards[0]
    contest = replace(
        first.contest,
        scenarios={name: number for number, name in enumerate(names)},
        drawn_seeds=drawn,
    )
    fingerprint = replace(
        first.fingerprint, episode_seeds=drawn, files={name: files[name] for name in names}
    )
    scores = {
        (score.agent, score.scenario, score.seed): score
        for shard in shards
        for score in shard.episodes
    }
    episodes = [scores[key] for key in contest.score_keys]
    return PlayedContest(replace(first.request, shard=None), fingerprint, contest, episodes)
