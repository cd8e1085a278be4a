"""Finished scorings, without the files that their agents were made from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..editions.editions import EDITIONS, NO_EDITION, CostUnits
from ..environments.opening import Scenarios
from ..errors import PowrlError
from ..player.files import checked_path, refusing_unwritable
from ..workspace.runs import run_folder
from .contest import Contest
from .contestants.base import Contestant, ReadyContestant
from .contestants.own import BASELINES, Baseline
from .decisions_log import log_file
from .fingerprint import Fingerprint, read_request, write_request
from .request import Request
from .results import EpisodeScore
from .run_folder import RunFolder
from .scoring_result import FORMAT, ScoringResult
from .scoring_run import ScoringRun

if TYPE_CHECKING:
    from .report import Recordings

Origins = Mapping[str, tuple[Sequence[RunFolder], str]]
"""Name of a contestant -> the runs that it played in, and its name there."""


@dataclass(frozen=True)
class PastContestant(Contestant):
    """A contestant that has played; its files may not exist any more.

    Attributes
    ----------
    text:
        Its source.
    """

    text: str = ""

    @property
    def source(self) -> str:
        """The text that it was made from."""
        return self.text

    def open(
        self, _scenarios: Scenarios, _private: Path, /
    ) -> AbstractContextManager[ReadyContestant]:
        """Refuse to play (`Contestant.open`)."""
        raise PowrlError(f"{self.name} has played; name its agent {self.text} to play again.")


@dataclass(frozen=True)
class PlayedContest:
    """A contest with all its scores.

    Attributes
    ----------
    request, fingerprint:
        What was asked for, and what the play began with.
    contest:
        The contest, whose contestants cannot play.
    episodes:
        All scores, in the order of contestants, seeds and scenarios.
    """

    request: Request
    fingerprint: Fingerprint
    contest: Contest
    episodes: list[EpisodeScore]

    def write(
        self, kind: str, origins: Origins, command: str, output: str | Path | None
    ) -> ScoringResult:
        """Write the run folder that playing it would write.

        Parameters
        ----------
        kind:
            Beginning of the folder's name in ``runs/``.
        origins:
            Where the recordings and logs of the contestants are.
        command:
            Command line for the report.
        output:
            The folder; None: a new one.

        Raises
        ------
        PowrlError
            The folder holds files or cannot be written, or a recording cannot be read.
        """
        recordings = self._recordings(origins)
        chosen = None if output is None else checked_path(output, "output").resolve()
        with run_folder(kind, chosen) as path:
            files = RunFolder(path)
            with refusing_unwritable(path):
                write_request(files.request, self.request, self.fingerprint)
                files.write_episodes(self.episodes)
                self._copy_records(origins, files)
                run = ScoringRun(files, self.request, self.contest, self.fingerprint)
                return run.finish(self.episodes, command, recordings)

    def _recordings(self, origins: Origins) -> Recordings:
        """Those of all agents; one that is missing or damaged is refused, a baseline's too."""
        recordings = {}
        for score in self.episodes:
            if score.failure:
                continue
            runs, name = origins[score.agent]
            played = replace(score, agent=name)
            holders = [run for run in runs if run.recording_path(played).exists()]
            recording = (holders or runs)[0].recording(played)
            if score.agent not in BASELINES:  # whose part the report does not tell
                recordings[score.agent, score.scenario, score.seed] = recording
        return recordings

    def _copy_records(self, origins: Origins, files: RunFolder) -> None:
        for score in self.episodes:
            runs, name = origins[score.agent]
            played = replace(score, agent=name)
            _join([run.recording_path(played) for run in runs], files.recording_path(score))
        for contestant in self.contest.contestants:
            runs, name = origins[contestant.name]
            logs = [run.path / log_file(PastContestant(name)) for run in runs]
            _join(logs, files.path / log_file(contestant))


@dataclass(frozen=True)
class FinishedRun(PlayedContest):
    """A finished scoring.

    Attributes
    ----------
    files:
        Its run folder.
    """

    files: RunFolder

    @classmethod
    def read(cls, path: Path) -> FinishedRun:
        """Read a run folder.

        Raises
        ------
        PowrlError
            It holds no finished run, a damaged one, or one of a powrl that kept no costs.
        """
        files = RunFolder(path)
        request, fingerprint = read_request(files.request)
        document = files.document()
        if document.get("format") != FORMAT or not _has_agents(document["agents"], request):
            raise files.damaged
        try:
            contest = _contest(document, path, request, fingerprint)
        except (KeyError, ValueError) as error:  # a scenario or an edition that there is not
            raise files.damaged from error
        scores = {(score.agent, score.scenario, score.seed): score for score in files.episodes()}
        for agent, scenario, seed in contest.score_keys:
            if (agent, scenario, seed) not in scores:
                raise PowrlError(
                    f"{path} lacks the episode of {agent} in {scenario} with seed {seed}; play it: "
                    f"powrl score --resume {path}."
                )
        episodes = [scores[key] for key in contest.score_keys]
        if len(episodes) != len(scores):  # scenarios, seeds or baselines are missing or doubled
            raise files.damaged
        if any(score.costs is None for score in episodes if score.steps):
            raise PowrlError(f"an older powrl wrote {path}, without costs; score anew.")
        return cls(request, fingerprint, contest, episodes, files)

    @property
    def origins(self) -> Origins:
        """Where the records of its contestants are: here."""
        return {agent.name: ([self.files], agent.name) for agent in self.contest.contestants}


def _join(sources: Sequence[Path], target: Path) -> None:
    """Copy one file after the other, of those that exist."""
    for source in sources:
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as content, target.open("ab") as file:
                shutil.copyfileobj(content, file)


def _has_agents(rows: Sequence[Mapping[str, Any]], request: Request) -> bool:
    """Whether rows are those of the agents that were asked for, in their order."""
    agents = [row for row in rows if not row["baseline"]]
    return (
        [row["source"] for row in agents] == request.agents
        and request.names in (None, [row["agent"] for row in agents])
        and request.baselines == (len(agents) < len(rows))
    )


def _contest(
    document: Mapping[str, Any], path: Path, request: Request, fingerprint: Fingerprint
) -> Contest:
    names, score = document["scenarios"], document["score"]
    edition = score["edition"]
    return Contest(
        environment=document["environment"],
        folder=path,
        scenarios={name: number for number, name in enumerate(names)},
        contestants=tuple(map(_contestant, document["agents"])),
        seeds=tuple(document["seeds"]),
        max_steps=request.max_steps,
        drawn_seeds={name: fingerprint.episode_seeds[name] for name in names},
        edition=NO_EDITION if edition == NO_EDITION.name else EDITIONS[edition],
        cost_units=CostUnits(score["cost_units"]),
    )


def _contestant(row: Mapping[str, Any]) -> Contestant:
    if row["baseline"]:
        return Baseline(row["agent"])
    return PastContestant(row["agent"], Path(row["source"]), row["source"])
