"""What a scoring began with: files, seeds and versions, and the file that keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from .. import __version__
from ..errors import PowrlError
from ..player.files import write_text_whole
from ..storage.digest import digest_of
from ..storage.json_file import break_seal, read_json_object, sealed
from ..workspace.versions import package_versions
from .contest import Contest
from .request import Request


@dataclass(frozen=True)
class Fingerprint:
    """Digests, seeds and versions that the scores follow from.

    Attributes
    ----------
    contents:
        Source of each agent -> digest of its files.
    versions:
        Versions of powrl and of the packages that simulate the grid.
    episode_seeds, files:
        `Contest.episode_seeds` and `Contest.files`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid", "strict": True}

    contents: dict[str, str]
    versions: dict[str, str]
    episode_seeds: dict[str, list[int]]
    files: dict[str, str]

    @classmethod
    def from_contest(cls, contest: Contest) -> Fingerprint:
        """The fingerprint of a contest as it is now."""
        agents = [agent for agent in contest.contestants if agent.file is not None]
        simulators = package_versions(("grid2op", "lightsim2grid"))
        return cls(
            {agent.source: digest_of(*agent.parts) for agent in agents},
            {"powrl": __version__, **simulators},
            contest.episode_seeds,
            contest.files,
        )

    def require_same(self, now: Fingerprint, contest: Contest) -> None:
        """Refuse to go on where something has changed since the run began.

        Raises
        ------
        PowrlError
            An agent, a version, a scenario or its time series differs.
        """
        for agent, content in self.contents.items():
            if now.contents.get(agent) != content:
                raise PowrlError(
                    f"the agent {agent} is not the one that the run began with; restore it, or "
                    "begin a new run."
                )
        for package, number in now.versions.items():
            if self.versions.get(package) != number:
                raise PowrlError(
                    f"the run began with {package} {self.versions.get(package)}, and here is "
                    f"{number}; install that version, or begin a new run."
                )
        # scenarios are numbered by position, and seeds follow from the number: one more shifts them
        if self.episode_seeds != now.episode_seeds:
            raise PowrlError(
                f"the scenarios of {contest.folder}, or their seeds, are not those that the run "
                "began with; restore them, or begin a new run."
            )
        for scenario, digest in self.files.items():
            if now.files.get(scenario) != digest:
                raise PowrlError(
                    f"the time series of the scenario {scenario}, or other files of "
                    f"{contest.grid_of(scenario)}, are not those that the run began with; restore "
                    "them, or begin a new run."
                )


def write_request(path: Path, request: Request, fingerprint: Fingerprint) -> None:
    """Write a request and what its run begins with."""
    if request.folder is not None:  # to be found from elsewhere, too
        request = replace(request, data=str(request.folder.resolve()))
    body = asdict(request) | asdict(fingerprint)
    write_text_whole(path, json.dumps(sealed(body), indent=1) + "\n")


def read_request(path: Path) -> tuple[Request, Fingerprint]:
    """Read what `write_request` wrote.

    Raises
    ------
    PowrlError
        The file is missing, damaged or edited, or an older powrl wrote it.
    """
    if not path.is_file():
        raise PowrlError(f"{path.parent} is no run folder of powrl score: it has no {path.name}.")
    damaged = PowrlError(f"{path} is damaged; begin a new run.")
    body = read_json_object(path, "begin a new run")
    if "contents" not in body:
        raise damaged
    if not break_seal(body):
        raise PowrlError(
            f"{path} was edited, or an older powrl wrote it; restore it, or begin a new run."
        )
    request, fingerprint = _split(body)
    try:
        original = TypeAdapter(Request).validate_json(json.dumps(request))
        return original, TypeAdapter(Fingerprint).validate_json(json.dumps(fingerprint))
    except ValueError as error:  # pydantic's, too
        raise damaged from error


def _split(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the request, and those of the fingerprint."""
    names = [field.name for field in fields(Fingerprint)]
    return (
        {key: value for key, value in body.items() if key not in names},
        {key: value for key, value in body.items() if key in names},
    )
