"""What a user asked to be scored, kept in the run folder: all that going on with a run needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from .. import __version__
from ..editions.editions import EDITIONS, CostUnits, EditionName
from ..environments.opening import BUNDLED, DOWNLOAD, Scenarios
from ..errors import PowrlError
from ..player.files import write_text_whole
from ..storage.digest import digest_of
from .contest import Contest, plan_contest
from .contestants.base import Contestant
from .contestants.parsing import parse_contestants

FILE = "contest.json"

_TEXTS = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class Request:
    """A contest as it was asked for.

    Attributes
    ----------
    agents:
        What `powrl.scoring.contestants.contestants_of` takes; kept by `Contestant.source`.
    data, environment, scenarios:
        Where the scenarios come from, grid2op's name of the environment where it is not that of
        the first agent, and a regular expression for their names.
    seeds:
        How many, or the seeds of each scenario's episodes.
    max_steps:
        Episodes end after so many steps; None plays whole scenarios.
    log:
        Whether the decisions are written.
    edition, cost_units:
        Name of the competition whose score it is, None for that of the environment; and the units.
    episode_seeds, files:
        Those of the contest (`Contest`) as the run began; None: it has not begun.
    contents:
        Agent -> digest of its files.
    versions:
        Of powrl and of what simulates the grid.
    """

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid", "strict": True}

    agents: list[str]
    data: str
    environment: str | None
    scenarios: str
    seeds: int | dict[str, list[int]]
    max_steps: int | None
    log: bool
    edition: EditionName | None = None
    cost_units: CostUnits = CostUnits.NOW
    episode_seeds: dict[str, list[int]] | None = None
    files: dict[str, str] | None = None
    contents: dict[str, str] = field(init=False)
    versions: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        agents = [each for each in parse_contestants(self.agents) if each.file is not None]
        object.__setattr__(self, "agents", [each.source for each in agents])
        contents = {each.source: digest_of(*each.parts) for each in agents}
        object.__setattr__(self, "contents", contents)
        simulators = {name: version(name) for name in ("grid2op", "lightsim2grid")}
        object.__setattr__(self, "versions", {"powrl": __version__, **simulators})

    def plan(self) -> Contest:
        """Check all that is asked for.

        Raises
        ------
        PowrlError
            As `plan_contest` does; or the run began with other scenarios, seeds or time series.
        """
        contestants = parse_contestants(self.agents)
        contest = plan_contest(
            self._scenarios(contestants),
            contestants,
            range(self.seeds) if isinstance(self.seeds, int) else self.seeds,
            self.max_steps,
            EDITIONS[self.edition.value] if self.edition else None,
            self.cost_units,
        )
        # scenarios are numbered by position, and seeds follow from the number: one more shifts them
        if self.episode_seeds not in (None, contest.episode_seeds):
            raise PowrlError(
                f"the scenarios of {self.data}, or their seeds, are not those that the run began "
                "with; restore them, or begin a new run."
            )
        for scenario, digest in (self.files or {}).items():
            if contest.files.get(scenario) != digest:
                raise PowrlError(
                    f"the time series of the scenario {scenario}, or other files of "
                    f"{contest.grid_of(scenario)}, are not those that the run began with; restore "
                    "them, or begin a new run."
                )
        return contest

    def _scenarios(self, contestants: Sequence[Contestant]) -> Scenarios:
        if self.data not in (BUNDLED, DOWNLOAD):
            if self.environment is not None:
                raise PowrlError(
                    "--data names an environment folder, which tells the environment; leave out "
                    "--environment."
                )
            return Scenarios(Path(self.data).resolve().name, Path(self.data), self.scenarios)
        name = self.environment
        if name is None and self.edition:
            edition = EDITIONS[self.edition.value]
            name = edition.bundled if self.data == BUNDLED else edition.environment
        name = name or contestants[0].environment
        if name is None:
            raise PowrlError(
                f"the agent {contestants[0].name} does not say which environment it is for; name "
                "it with --environment or --edition."
            )
        return Scenarios(name, self.data, self.scenarios)

    def save(self, folder: Path, contest: Contest) -> None:
        """Write it into a run folder, with seeds and digests of the contest planned of it."""
        began = {"episode_seeds": contest.episode_seeds, "files": contest.files}
        body = asdict(self) | began
        if self.data not in (BUNDLED, DOWNLOAD):  # to be found from elsewhere, too
            body["data"] = str(Path(self.data).resolve())
        write_text_whole(folder / FILE, json.dumps(body, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Request:
        """The request of a run folder.

        Raises
        ------
        PowrlError
            There is none, it is damaged or was written before seeds and digests were kept; or an
            agent or a version has changed since.
        """
        path = folder / FILE
        if not path.is_file():
            raise PowrlError(f"{folder} is no run folder of powrl score: it has no {FILE}.")
        try:
            body = json.loads(path.read_bytes())
            contents = _TEXTS.validate_python(body.pop("contents"))
            versions = _TEXTS.validate_python(body.pop("versions", {}))
            request = TypeAdapter(cls).validate_json(json.dumps(body))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PowrlError(f"{path} is damaged; begin a new run.") from error
        if request.episode_seeds is None or request.files is None:
            raise PowrlError(
                f"{path} was written by an older powrl and does not tell the seeds and the files "
                "of its scenarios; begin a new run."
            )
        for agent, content in contents.items():
            if request.contents.get(agent) != content:
                raise PowrlError(
                    f"the agent {agent} is not the one that the run began with; restore it, or "
                    "begin a new run."
                )
        for package, here in request.versions.items():
            if versions.get(package) != here:
                raise PowrlError(
                    f"the run began with {package} {versions.get(package)}, and here is {here}; "
                    "install that version, or begin a new run."
                )
        return request
