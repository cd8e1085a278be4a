"""Scoring as a function: `score`, and `resume` for a scoring that was stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ..editions.editions import (
    DEFAULT_ENVIRONMENT,
    CostUnits,
    Edition,
    EditionName,
    find_cost_units,
    find_edition,
)
from ..environments.opening import ALL, BUNDLED
from ..errors import ConfigurationError, NotSupportedError, shown, wrong_value
from ..parallel.jobs import Jobs, require_jobs
from ..player.files import checked_path
from ..workspace.runs import reported_command
from ..workspace.shipped import shipped_agents
from .contestants.noisy import with_noisy
from .contestants.parsing import parse_contestants, split_name
from .contestants.untrained import with_untrained
from .contestants.variants import Overrides
from .isolation.order import Limits
from .request import MOST_SEEDS, SEEDS, Request
from .scoring_run import ScoringRun
from .seeds_file import read_seeds, seeds_of

if TYPE_CHECKING:
    from .contestants.base import Contestant
    from .results import EpisodeScore
    from .scoring_result import ScoringResult

    Listeners = tuple[
        Callable[[ScoringRun], None], Callable[[], None], Callable[[EpisodeScore], None]
    ]

DEFAULT_LIMITS = Limits()

Agents = str | Sequence[str] | Mapping[str, str]


def score(
    agents: Agents | None = None,
    *,
    data: str | Path = BUNDLED,
    environment: str | None = None,
    edition: str | EditionName | None = None,
    cost_units: str | CostUnits = CostUnits.NOW,
    scenarios: str = ALL,
    seeds: int | Mapping[str, Sequence[int]] | None = None,
    seeds_file: Path | None = None,
    max_steps: int | None = None,
    shard: str | None = None,
    jobs: Jobs | None = None,
    output: str | Path | None = None,
    log: bool = False,
    settings: Overrides | None = None,
    baselines: bool = True,
    untrained: bool = True,
    simulated: Sequence[int] = (),
    noisy: bool = False,
    decision_timeout: float = Limits.decision,
    episode_timeout: float = Limits.episode,
    command: str | None = None,
    on_start: Callable[[ScoringRun], None] = lambda _: None,
    on_reference: Callable[[], None] = lambda: None,
    on_score: Callable[[EpisodeScore], None] = lambda _: None,
) -> ScoringResult:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines.

    Parameters
    ----------
    agents:
        Agent or agents: folders, ``<environment>/<name>`` of shipped ones, submission zips,
        ``module:make_agent``, or ``greedy:FILE``. ``AGENT[plan=false]`` changes settings of an
        agent of powrl. ``NAME=AGENT`` or a mapping gives names to agents. None: those shipped for
        the environment.
    data:
        An environment folder, ``"bundled"`` or ``"download"``.
    environment:
        grid2op's name of the environment, where it is not that of the first agent.
    edition, cost_units:
        Competition whose score counts, by default that of the environment; units of the cost.
    scenarios:
        Regular expression for the whole names of the scenarios.
    seeds, seeds_file:
        Number of seeds (by default 5) or seeds of each scenario; or a JSON file with these.
    max_steps:
        Longest episode, in steps; None plays whole scenarios.
    shard:
        ``"I/N"``: of N shards of the scenarios the I-th (`powrl.scoring.merging.merge`); None: all.
    jobs:
        Number of processes, or a cluster (`powrl.parallel.jobs.RayJobs`); None: a process for
        each core.
    output:
        Run folder for the results; None: a new one in ``runs/``.
    log:
        Whether to log every decision of powrl's agents.
    settings:
        Settings of the overload manager that all agents play with.
    baselines:
        Whether doing nothing and reconnecting lines play, too.
    untrained, simulated:
        Whether agents with a policy play without it, too; and numbers of actions: with each,
        both play once more, simulating only as many.
    noisy:
        Whether each agent plays once more with errors in what it observes, as it does in the noisy
        editions.
    decision_timeout, episode_timeout:
        Seconds that an agent may take for a decision, and for an episode; one that takes longer has
        failed. Where both are the default, agents of powrl have no limit.
    command:
        Command line for the report; None: the call of this function.
    on_start, on_reference, on_score:
        Called with the run before it plays, when the references of an episode exist, and with
        each score.

    Returns
    -------
    ScoringResult
        All scores, with their means, spreads and paired differences.

    Raises
    ------
    PowrlError
        The input cannot be scored. An agent of another origin that fails has the lowest score
        instead, unless no agent can play.

    Examples
    --------
    >>> result = powrl.score(
    ...     "rte_case14_realistic/powrl", scenarios="00[01]", seeds=1, max_steps=10,
    ...     settings={"plan": False},
    ... )  # doctest: +SKIP
    >>> result.summary("powrl[plan=false]").survival  # doctest: +SKIP
    100.0
    """
    request, contestants = make_request(
        agents,
        data=str(data),
        environment=environment,
        edition=edition,
        cost_units=cost_units,
        scenarios=scenarios,
        seeds=seeds,
        seeds_file=seeds_file,
        max_steps=max_steps,
        shard=shard,
        log=log,
        settings=settings,
        baselines=baselines,
        untrained=untrained,
        simulated=simulated,
        noisy=noisy,
        limits=Limits(decision_timeout, episode_timeout),
    )
    return _play(request, contestants, output, jobs, command, (on_start, on_reference, on_score))


def resume(
    folder: str | Path,
    agents: Agents | None = None,
    *,
    jobs: Jobs | None = None,
    untrained: bool = True,
    simulated: Sequence[int] = (),
    command: str | None = None,
    on_start: Callable[[ScoringRun], None] = lambda _: None,
    on_reference: Callable[[], None] = lambda: None,
    on_score: Callable[[EpisodeScore], None] = lambda _: None,
) -> ScoringResult:
    """Go on with a scoring that was stopped, or add agents to one.

    `score` describes the parameters; agents that were not named before are added.

    Raises
    ------
    PowrlError
        As `ScoringRun.resume` does.
    """
    from joblib import cpu_count

    jobs = cpu_count() if jobs is None else jobs
    require_jobs(jobs)
    names, texts = _split_names(agents)

    def extended(request: Request) -> Request:
        return request.with_agents(texts, names, untrained, simulated)

    with ScoringRun.resume(
        checked_path(folder, "folder"), jobs, extended if texts else None
    ) as run:
        on_start(run)
        text = reported_command(command, call_text(run.request))
        return run.play(jobs, text, on_reference, on_score)


def _play(
    request: Request,
    contestants: Sequence[Contestant],
    output: str | Path | None,
    jobs: Jobs | None,
    command: str | None,
    listeners: Listeners,
) -> ScoringResult:
    from joblib import cpu_count

    on_start, on_reference, on_score = listeners
    jobs = cpu_count() if jobs is None else jobs
    require_jobs(jobs)
    folder = None if output is None else checked_path(output, "output")
    text = reported_command(command, call_text(request))
    with ScoringRun.create(request, contestants, folder, jobs) as run:
        on_start(run)
        return run.play(jobs, text, on_reference, on_score)


def make_request(
    agents: Agents | None,
    *,
    data: str = BUNDLED,
    environment: str | None = None,
    edition: str | EditionName | None = None,
    cost_units: str | CostUnits = CostUnits.NOW,
    scenarios: str = ALL,
    seeds: int | Mapping[str, Sequence[int]] | None = None,
    seeds_file: Path | None = None,
    max_steps: int | None = None,
    shard: str | None = None,
    log: bool = False,
    settings: Overrides | None = None,
    baselines: bool = True,
    untrained: bool = True,
    simulated: Sequence[int] = (),
    noisy: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Request, tuple[Contestant, ...]]:
    """The request of the parameters of `score`, and its contestants.

    Raises
    ------
    PowrlError
        An agent, a name or a setting does not exist, or both kinds of seeds are given.
    """
    if seeds is not None and seeds_file is not None:
        raise ConfigurationError("give either --seeds or --seeds-file.")
    if seeds_file is not None:
        seeds = read_seeds(seeds_file)
    competition = find_edition(edition)
    names, texts = _split_names(agents)
    contestants = parse_contestants(
        texts or _shipped(environment, competition), _overrides(settings), names or None, baselines
    )
    if noisy or (competition is not None and competition.noisy):
        contestants = tuple(with_noisy(contestants))
    if untrained:
        contestants = tuple(with_untrained(contestants, simulated))
    elif simulated:
        raise ConfigurationError("--simulated goes with agents without policies; leave one out.")
    players = [contestant for contestant in contestants if contestant.file is not None]
    request = Request.checked(
        agents=[player.source for player in players],
        data=data,
        environment=environment,
        scenarios=scenarios,
        seeds=_seeds(seeds),
        max_steps=max_steps,
        shard=shard,
        log=log,
        edition=EditionName(competition.name) if competition else None,
        cost_units=find_cost_units(cost_units),
        names=[player.name for player in players],
        baselines=baselines,
        decision_timeout=limits.decision,
        episode_timeout=limits.episode,
    )
    return request, contestants


def call_text(request: Request) -> str:
    """The call of `score` that a request comes from."""
    changed = [
        f"{field.name}={value.value if isinstance(value, Enum) else value!r}"
        for field in fields(request)
        if field.name not in ("agents", "names")
        and (value := getattr(request, field.name)) != field.default
    ]
    return f"powrl.score({', '.join([repr(request.agents), *changed])})"


def _split_names(agents: Agents | None) -> tuple[list[str | None], list[str]]:
    """The names that a user gives to agents, None where they have none, and the agents."""
    if agents is None or isinstance(agents, str):
        agents = [agents] if agents else []
    texts = [*agents, *agents.values()] if isinstance(agents, Mapping) else agents
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(
            f"the agents {shown(str(agents))} are no text, list of texts, or mapping of names to "
            "texts; give each agent as text."
        )
    if isinstance(agents, Mapping):
        return list(agents), list(agents.values())
    pairs = [split_name(text) for text in texts]
    return [name for name, _ in pairs], [agent for _, agent in pairs]


def _seeds(seeds: int | Mapping[str, Sequence[int]] | None) -> int | dict[str, list[int]]:
    if isinstance(seeds, Mapping):
        return seeds_of(seeds, "that were given")
    if seeds is not None and (type(seeds) is not int or not 1 <= seeds <= MOST_SEEDS):
        raise ConfigurationError(f"give a number of seeds from 1 to {MOST_SEEDS:,}.")
    return SEEDS if seeds is None else seeds


def _overrides(settings: Overrides | None) -> Overrides:
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        raise ConfigurationError(wrong_value("settings", settings, "a mapping of names to values"))
    return settings


def _shipped(environment: str | None, edition: Edition | None) -> list[str]:
    """Names of the agents that are shipped for the environment to be played."""
    played = edition.environments if edition else (DEFAULT_ENVIRONMENT,)
    environments = (environment,) if environment else played
    names = [name for name in shipped_agents() if name.split("/")[0] in environments]
    if not names:
        raise NotSupportedError(
            f"no agent is shipped for {environments[0]!r}; give the folder of an agent."
        )
    return names
