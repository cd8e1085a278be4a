"""The files of a scoring: their names, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from ..errors import PowrlError, count
from ..player.files import write_bytes_whole, write_text_whole
from ..storage.json_file import break_seal, read_json_object, sealed
from ..storage.record_file import append_record, mend_records, read_records, write_records
from ..workspace.runs import locked
from .contest import PlannedEpisode
from .results import EpisodeScore

if TYPE_CHECKING:
    from .recording import Recording

_SCORE = TypeAdapter(EpisodeScore)
_LATER_FIELDS = ("failed_decisions", "cut_decisions", "costs", "failure", "manipulations")
"""Fields of a score that older runs do not have."""


class _Agent(TypedDict):
    agent: str
    source: str
    baseline: bool


class _Score(TypedDict):
    edition: str
    cost_units: str


class _Document(TypedDict):
    """What is read of `RunFolder.scores`, which holds more."""

    environment: str
    scenarios: list[str]
    seeds: list[Annotated[int, Field(ge=0, lt=2**31)]]
    score: _Score
    agents: list[_Agent]


_DOCUMENT = TypeAdapter(_Document)


class RunFolder:
    """The run folder of a scoring, finished or not.

    Parameters
    ----------
    path:
        Path of the folder.

    Attributes
    ----------
    request:
        File of the request, from which a scoring can go on.
    scores, table, picture, report:
        Results of a finished scoring: JSON, CSV, PNG and HTML.
    recordings:
        Folder of the recordings, one file for each episode.
    output:
        Folder with what agents of another origin have printed, where they have.

    Examples
    --------
    >>> run = RunFolder(Path("runs/score-20250101-120000"))
    >>> run.is_finished
    False
    >>> run.episodes()
    []
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.request = path / "contest.json"
        self.scores = path / "scores.json"
        self.table = path / "scores.csv"
        self.picture = path / "survival.png"
        self.report = path / "report.html"
        self.recordings = path / "episodes"
        self.output = path / "output"
        self._episodes = path / "episodes.jsonl"

    @property
    def is_finished(self) -> bool:
        """Whether all episodes are scored and reported."""
        return self.scores.exists()

    def episodes(self, older: bool = False) -> list[EpisodeScore]:
        """The scores so far; the last one of each episode counts.

        Parameters
        ----------
        older:
            Whether those of powrl 0.1 are read, too, which do not show whether they were edited.

        Raises
        ------
        PowrlError
            A line is damaged or was edited.
        """
        keys = [field.name for field in fields(EpisodeScore) if field.name not in _LATER_FIELDS]
        scores = {}
        records = read_records(self._episodes, keys, _LATER_FIELDS, older)
        for number, record in enumerate(records, 1):
            try:
                score = _SCORE.validate_json(json.dumps(record))
            except ValidationError as error:
                raise PowrlError(
                    f"{self._episodes}, line {number}: no score of a run; remove the line."
                ) from error
            scores[score.agent, score.scenario, score.seed] = score
        return list(scores.values())

    def add(self, score: EpisodeScore) -> None:
        """Append a score.

        Raises
        ------
        PowrlError
            It cannot be written.
        """
        append_record(self._episodes, asdict(score))

    def mend(self) -> None:
        """Remove a last score that a kill left half written."""
        mend_records(self._episodes)

    @contextmanager
    def reopened(self, agents: Collection[str]) -> Iterator[None]:
        """Make the run unfinished, for more agents; all is as before where one of them is refused.

        Parameters
        ----------
        agents:
            Names of those that it has; episodes of others are dropped.
        """
        before = {path: path.read_bytes() for path in (self.request, self.scores) if path.exists()}
        scores = [score for score in self.episodes() if score.agent in agents]
        self.write_episodes(scores)
        self.scores.unlink(missing_ok=True)
        try:
            yield
        except PowrlError:
            for path, content in before.items():
                write_bytes_whole(path, content)
            raise

    def write_episodes(self, scores: Iterable[EpisodeScore]) -> None:
        """Replace all scores.

        Raises
        ------
        PowrlError
            They cannot be written.
        """
        write_records(self._episodes, map(asdict, scores))

    def recording_path(self, score: EpisodeScore) -> Path:
        """The file with the recording of a scored episode."""
        episode = PlannedEpisode(score.scenario, score.seed)
        return self.recordings / recording_file(score.agent, episode)

    def recording(self, score: EpisodeScore) -> Recording:
        """The recording of a scored episode.

        Raises
        ------
        PowrlError
            The file is missing or damaged, or of another episode.
        """
        from .recording import ADVICE, Recording

        path = self.recording_path(score)
        recording = Recording.load(path)
        if len(recording) != score.steps:
            raise PowrlError(
                f"{path} is no recording of the {count(score.steps, 'step')} that the run tells "
                f"of; {ADVICE}."
            )
        return recording

    def unrecorded(self, scores: Iterable[EpisodeScore]) -> list[EpisodeScore]:
        """Those of some scored episodes whose recording is missing; one that failed has none.

        Parameters
        ----------
        scores:
            Of `episodes`.
        """
        return [
            score
            for score in scores
            if not score.failure and not self.recording_path(score).exists()
        ]

    def is_whole(self) -> bool:
        """Whether a finished scoring still has all of its scores and recordings.

        Raises
        ------
        PowrlError
            `scores` is damaged.
        """
        document, scores = self.document(), self.episodes()
        agents = [row["agent"] for row in document["agents"]]
        keys = {(score.agent, score.scenario, score.seed) for score in scores}
        expected = product(agents, document["scenarios"], document["seeds"])
        return keys.issuperset(expected) and not self.unrecorded(scores)

    def document(self) -> dict[str, Any]:
        """The body of `scores` (`powrl.scoring.scoring_result.ScoringResult.to_json`).

        Raises
        ------
        PowrlError
            The scoring is not finished, or the file is damaged.
        """
        if not self.scores.exists():
            raise PowrlError(
                f"{self.path} is not the folder of a finished scoring; go on with it: powrl score "
                f"--resume {self.path}."
            )
        body = read_json_object(self.scores, self._made_anew)
        is_as_written = break_seal(body)  # None: an older powrl wrote it
        try:
            _DOCUMENT.validate_python(body, strict=True)
        except ValidationError as error:
            raise self.damaged from error
        if is_as_written is False:
            raise self.damaged
        return body

    def write_document(self, document: Mapping[str, Any]) -> None:
        """Write `scores`, which ends the scoring.

        Raises
        ------
        PowrlError
            It cannot be written.
        """
        write_text_whole(self.scores, json.dumps(sealed(document), indent=1) + "\n")

    @property
    def damaged(self) -> PowrlError:
        """The error for `scores` that are not as they were written."""
        return PowrlError(f"{self.scores} is damaged or was edited; {self._made_anew}.")

    @property
    def _made_anew(self) -> str:
        return f"remove it, and make it anew: powrl score --resume {self.path}"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing into the folder.

        Raises
        ------
        PowrlError
            Another process writes into it.
        """
        with locked(self.path):
            yield


def recording_file(agent: str, episode: PlannedEpisode) -> Path:
    """Path of an episode's recording below the folder of all recordings."""
    return Path(file_name(agent)) / f"{file_name(episode.scenario)}-{episode.seed}.npz"


def file_name(name: str) -> str:
    """The name of an agent or a scenario as that of a file; different names stay different."""
    return quote(name, safe=" ", errors="surrogateescape")
