"""What a user asks to be scored; the run folder keeps it, so that a scoring can go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ..editions.editions import CostUnits, Edition, EditionName, find_edition
from ..environments.opening import BUNDLED, DOWNLOAD, Scenarios, require_place
from ..errors import ConfigurationError, wrong_value
from .contest import Contest
from .contestants.base import Contestant
from .contestants.noisy import with_noisy
from .contestants.parsing import parse_contestants
from .contestants.untrained import with_untrained
from .isolation.order import Limits
from .planning import plan_contest
from .shard import parse_shard, shard_of

SEEDS, MOST_SEEDS = 5, 10_000
"""Seeds by default, and at most."""


@dataclass(frozen=True)
class Request:
    """A contest as a user asks for it.

    Attributes
    ----------
    agents:
        Sources of the agents (`Contestant.source`), without the baselines.
    data, environment, scenarios:
        Place of the scenarios, grid2op's name of the environment where it is not that of the
        first agent, and a regular expression for the names of the scenarios.
    seeds:
        Number of seeds, or the seeds of each scenario's episodes.
    max_steps:
        Longest episode, in steps; None plays whole scenarios.
    log:
        Whether the decisions are logged.
    edition, cost_units:
        Competition whose score counts, None for that of the environment, and units of the cost.
    names:
        Names of the agents in tables and files; None takes the ends of their paths.
    baselines:
        Whether doing nothing and reconnecting lines take part.
    shard:
        Part of the scenarios to play (`powrl.scoring.shard.parse_shard`); None: all.
    decision_timeout, episode_timeout:
        Limits of time for agents of any origin, s (`powrl.scoring.isolation.order.Limits`).
    """

    # pydantic looks at each value of one that is made already, for `checked`
    __pydantic_config__: ClassVar[ConfigDict] = {
        "extra": "forbid",
        "strict": True,
        "revalidate_instances": "always",
    }

    agents: list[str]
    data: str = BUNDLED
    environment: str | None = None
    scenarios: str = ".*"
    seeds: Annotated[int, Field(ge=1, le=MOST_SEEDS)] | dict[str, list[int]] = SEEDS
    max_steps: Annotated[int, Field(ge=1)] | None = None
    log: bool = False
    edition: EditionName | None = None
    cost_units: CostUnits = CostUnits.NOW
    names: list[str] | None = None
    baselines: bool = True
    shard: str | None = None

    @classmethod
    def checked(cls, **values: Any) -> Request:
        """The request of some values.

        Raises
        ------
        ConfigurationError
            A value is of another type, or impossible.
        """
        try:
            return _REQUEST.validate_python(cls(**values))  # without numpy's own numbers
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            needed = first["msg"].removeprefix("Input should be ")
            raise ConfigurationError(wrong_value(key, values[key], needed)) from error

    def contestants(self) -> tuple[Contestant, ...]:
        """The contestants of a request that names all of them.

        Raises
        ------
        PowrlError
            As `powrl.scoring.contestants.parsing.parse_contestants` does.
        """
        return parse_contestants(self.agents, names=self.names, baselines=self.baselines)

    def with_agents(
        self,
        agents: Sequence[str],
        names: Sequence[str | None],
        untrained: bool = True,
        simulated: Sequence[int] = (),
    ) -> Request:
        """The same request with more agents; those of before keep their names.

        Parameters
        ----------
        names:
            Names of the added agents; None takes the end of a path.
        untrained, simulated:
            Whether those with a policy play without it, too
            (`powrl.scoring.contestants.untrained.with_untrained`).

        Raises
        ------
        PowrlError
            As `contestants`.
        """
        begun = [contestant for contestant in self.contestants() if contestant.file]
        contestants = parse_contestants(
            [*self.agents, *agents],
            names=[*(contestant.name for contestant in begun), *names],
            baselines=False,
        )
        added: Sequence[Contestant] = contestants[len(begun) :]
        if self._edition is not None and self._edition.noisy:
            added = with_noisy(added)
        if untrained:
            added = with_untrained(added, simulated)
        added = [contestant for contestant in added if contestant.source not in self.agents]
        return replace(
            self,
            agents=[*self.agents, *(contestant.source for contestant in added)],
            names=[contestant.name for contestant in (*begun, *added)],
        )

    decision_timeout: Annotated[float, Field(gt=0)] = Limits.decision
    episode_timeout: Annotated[float, Field(gt=0)] = Limits.episode

    @property
    def folder(self) -> Path | None:
        """The environment folder that the user gives as data; None: bundled or downloaded."""
        return None if self.data in (BUNDLED, DOWNLOAD) else Path(self.data)

    def plan(self, contestants: Sequence[Contestant], jobs: int = 1) -> Contest:
        """Check the request, and plan its contest.

        Parameters
        ----------
        jobs:
            Number of processes in which agents of any origin are tried out.
        contestants:
            Contestants of `agents`, and the baselines
            (`powrl.scoring.contestants.parsing.parse_contestants`).

        Raises
        ------
        PowrlError
            As `plan_contest` does, or the environment is not known.
        """
        self.require_place()
        seeds: Sequence[int] | Mapping[str, Sequence[int]]
        seeds = range(self.seeds) if isinstance(self.seeds, int) else self.seeds
        contest = plan_contest(
            self._find_scenarios(contestants),
            contestants,
            seeds,
            self.max_steps,
            self._edition,
            self.cost_units,
            Limits(self.decision_timeout, self.episode_timeout),
            jobs,
        )
        return contest if self.shard is None else shard_of(contest, self.shard)

    def require_place(self) -> None:
        """Refuse an environment folder that is none, before anything is started.

        Raises
        ------
        PowrlError
            The folder or the shard is none, or the names of the scenarios are no regular
            expression; or an environment is named besides.
        """
        if self.folder is not None and self.environment is not None:
            raise ConfigurationError(
                "--data names an environment folder and so the environment; leave out "
                "--environment."
            )
        if self.shard is not None:
            parse_shard(self.shard)
        require_place(Scenarios("", self.data, self.scenarios))

    @property
    def _edition(self) -> Edition | None:
        return find_edition(self.edition)

    def _find_scenarios(self, contestants: Sequence[Contestant]) -> Scenarios:
        if self.folder is not None:
            return Scenarios(self.folder.resolve().name, self.folder, self.scenarios)
        name = self.environment
        if name is None and self._edition:
            bundled = self.data == BUNDLED
            name = self._edition.bundled if bundled else self._edition.environment
        name = name or contestants[0].environment
        if name is None:
            raise ConfigurationError(
                f"the agent {contestants[0].name} does not say which environment it is for; name "
                "it with --environment or --edition."
            )
        return Scenarios(name, self.data, self.scenarios)


_REQUEST = TypeAdapter(Request)
