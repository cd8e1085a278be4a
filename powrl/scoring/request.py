"""What a user asked to be scored, kept in the run folder: all that going on with a run needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..agent import AgentSettings
from ..errors import PowrlError
from ..files import write_text_whole
from ..grid.environments import BUNDLED, DOWNLOAD, Scenarios
from .contest import Contest, plan_contest
from .references import digest_of

FILE = "contest.json"


@dataclass(frozen=True)
class Request:
    """A contest as it was asked for.

    Attributes
    ----------
    agents:
        Agent folders.
    data, environment, scenarios:
        Where the scenarios come from, grid2op's name of the environment where it is not that of
        the first agent, and a regular expression for their names.
    seeds:
        How many, or the seeds of each scenario's episodes.
    max_steps:
        Episodes end after so many steps; None plays whole scenarios.
    log:
        Whether the decisions are written.
    contents:
        Agent folder -> digest of its files.
    """

    agents: list[str]
    data: str
    environment: str | None
    scenarios: str
    seeds: int | dict[str, list[int]]
    max_steps: int | None
    log: bool
    contents: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        contents = {folder: digest_of(Path(folder)) for folder in self.agents}
        object.__setattr__(self, "contents", contents)

    def plan(self) -> Contest:
        """Check all that is asked for.

        Raises
        ------
        PowrlError
            As `plan_contest` does.
        """
        seeds = range(self.seeds) if isinstance(self.seeds, int) else self.seeds
        return plan_contest(self._scenarios(), [*map(Path, self.agents)], seeds, self.max_steps)

    def _scenarios(self) -> Scenarios:
        if self.data in (BUNDLED, DOWNLOAD):
            name = self.environment or AgentSettings.load(Path(self.agents[0])).environment
            return Scenarios(name, self.data, self.scenarios)
        if self.environment is not None:
            raise PowrlError(
                "--data names an environment folder, which tells the environment; leave out "
                "--environment."
            )
        return Scenarios(Path(self.data).name, Path(self.data), self.scenarios)

    def save(self, folder: Path) -> None:
        """Write it into a run folder."""
        body = asdict(self)
        if self.data not in (BUNDLED, DOWNLOAD):  # to be found from elsewhere, too
            body["data"] = str(Path(self.data).resolve())
        write_text_whole(folder / FILE, json.dumps(body, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Request:
        """The request of a run folder.

        Raises
        ------
        PowrlError
            There is none, it is damaged, or an agent has changed since.
        """
        path = folder / FILE
        if not path.is_file():
            raise PowrlError(f"{folder} is no run folder of powrl score: it has no {FILE}.")
        try:
            body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            contents = body.pop("contents")
            request = cls(**body)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PowrlError(f"{path} is damaged; begin a new run.") from error
        for agent, content in contents.items():
            if request.contents.get(agent) != content:
                raise PowrlError(
                    f"the agent {agent} is not the one that the run began with; restore it, or "
                    "begin a new run."
                )
        return request
