"""What one scenario has shown as a file, which tells what it was made from."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import PowrlError
from ..player.files import write_text_whole
from ..storage.digest import digest_of_json
from ..storage.json_file import read_json_object
from .play import Played
from .settings import PostureSettings


def made_from(settings: PostureSettings, agent: str, scenario: str, number: int) -> str:
    """A digest of all that the play of a scenario follows from.

    Parameters
    ----------
    agent, scenario:
        Digests of the agent's folder and of what the scenario is played from.
    number:
        Of the scenario.
    """
    played_by = settings.model_dump(exclude={"agent", "data", "scenarios", "postures"})
    return digest_of_json([played_by, agent, scenario, number])


def write_played(path: Path, played: Played, source: str) -> None:
    """Write what a scenario has shown, whole or not at all.

    Parameters
    ----------
    source:
        What `made_from` returned for it.
    """
    body = played.to_json()
    document = {"made_from": source, "digest": digest_of_json(body), "played": body}
    write_text_whole(path, json.dumps(document) + "\n")


def read_played(path: Path, source: str) -> Played:
    """The inverse of `write_played`.

    Raises
    ------
    PowrlError
        The file is damaged, was changed, or was made from something else.
    """
    remedy = "remove it, and --resume makes it again"
    document = read_json_object(path, remedy)
    if document.get("made_from") != source:
        raise PowrlError(
            f"{path} was made from another scenario, agent or settings than this run has; {remedy}."
        )
    body = document.get("played")
    if not isinstance(body, dict) or document.get("digest") != digest_of_json(body):
        raise PowrlError(f"{path} is not as it was written; {remedy}.")
    return Played.from_json(body)
