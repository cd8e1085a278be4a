"""The episodes of grid2op's own agents, kept in the user's cache between runs."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from ..editions.editions import CostUnits
from ..player.files import write_bytes_whole, write_whole
from ..storage.digest import digest_of
from ..submission.unpacking import DAMAGES
from ..workspace.cache import cache_folder, make_cache_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .contestants.own import Baseline
from .references import reference_files
from .results import EpisodeScore
from .run_folder import recording_file

_PLAYER = tuple(
    Path(__file__).with_name(f"{module}.py")
    for module in (
        *("cost_sums", "costs", "recorded_powers", "recorded_states", "recording", "results"),
        "watched_agent",
    )
)
"""Code beside that of the references that these episodes are made by."""

_SCORE, _RECORDING, _DIGEST = "score.json", "recording.npz", "sha256"
_SCORES = TypeAdapter(EpisodeScore)

log = logging.getLogger(__name__)


class BaselineCache:
    """The cache files of a contest's baselines; each name is a digest of all that they depend on.

    Parameters
    ----------
    contest:
        The contest.
    recordings:
        Folder for the recordings of its episodes.
    """

    def __init__(self, contest: Contest, recordings: Path) -> None:
        self._units, self._recordings = contest.cost_units, recordings
        self._names = {agent.name for agent in contest.contestants if isinstance(agent, Baseline)}
        self._references = reference_files(contest) if self._names else {}
        self._code = digest_of(*_PLAYER)

    def restore(
        self, episodes: Mapping[PlannedEpisode, Sequence[Contestant]]
    ) -> list[EpisodeScore]:
        """The scores of baselines in these episodes that are kept; their recordings are written."""
        pairs = [(episode, agent.name) for episode, agents in episodes.items() for agent in agents]
        scores = [self._restore(*pair) for pair in pairs if pair[1] in self._names]
        return [score for score in scores if score is not None]

    def keep(self, score: EpisodeScore) -> None:
        """Keep an episode of a baseline; those of other agents are not kept.

        Raises
        ------
        PowrlError
            The cache cannot be written.
        """
        if score.agent not in self._names:
            return
        episode = PlannedEpisode(score.scenario, score.seed)
        now = json.dumps(asdict(score.in_units(CostUnits.NOW))).encode()
        recording = (self._recordings / recording_file(score.agent, episode)).read_bytes()
        path = self._path(episode, score.agent)
        contents = {_SCORE: now, _RECORDING: recording, _DIGEST: _digest(path, now, recording)}

        def write(file: IO[bytes]) -> None:
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in contents.items():
                    archive.writestr(name, content)

        make_cache_folder(path.parent)
        write_whole(path, write)

    def _restore(self, episode: PlannedEpisode, agent: str) -> EpisodeScore | None:
        path = self._path(episode, agent)
        if not path.exists():
            return None
        try:
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
                score, recording, digest = map(archive.read, (_SCORE, _RECORDING, _DIGEST))
            if digest != _digest(path, score, recording):
                raise ValueError("its contents have changed")
            restored = _SCORES.validate_json(score)
        except (*DAMAGES, OSError, KeyError, ValueError) as error:
            log.warning("the kept episode %s is damaged (%s): it is played anew", path, error)
            return None
        target = self._recordings / recording_file(agent, episode)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_whole(target, recording)
        return restored.in_units(self._units)

    def _path(self, episode: PlannedEpisode, agent: str) -> Path:
        facts = (self._references[episode].name, agent, self._code)
        key = hashlib.sha256("\n".join(facts).encode()).hexdigest()
        return cache_folder("references") / f"{key}.zip"


def _digest(path: Path, score: bytes, recording: bytes) -> bytes:
    """A digest that no other file of the cache has."""
    parts = (path.name.encode(), score, recording)
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
