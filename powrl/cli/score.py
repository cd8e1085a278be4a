"""``powrl score``: agents beside baselines, with grid2op's own L2RPN score."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..editions.editions import CostUnits, EditionName
from ..environments.opening import ALL, BUNDLED
from ..errors import ConfigurationError, PowrlError, count
from ..parallel.jobs import BackendName, make_jobs
from ..parallel.jobs import Jobs as Places
from ..scoring.isolation.order import Limits
from ..workspace.runs import command_line
from .interruption import resumable
from .parallel_options import Address, Backend
from .score_options import (
    Agents,
    Baselines,
    Data,
    DecisionTimeout,
    Edition,
    Environment,
    EpisodeTimeout,
    Jobs,
    Log,
    MaxSteps,
    Noisy,
    Output,
    Rescore,
    Resume,
    Scenarios,
    Seeds,
    SeedsFile,
    Settings,
    Shard,
    Simulated,
    Units,
    Untrained,
)

_RESUMED = (
    "--resume goes on with the run as it is: only agents to add, --jobs, --backend, --address, "
    "--no-untrained and --simulated go with it."
)
_GOES_WITH_RESUME = (
    *("resumed", "agents", "jobs", "backend", "address"),
    *("untrained", "simulated"),
)
_RESCORED = (
    "--rescore scores a finished run again: only --edition, --cost-units and --output go with it."
)

if TYPE_CHECKING:
    from ..scoring.scoring_result import ScoringResult
    from .score_display import ScoringDisplay


def command(
    context: typer.Context,
    agents: Agents = None,
    *,
    data: Data = BUNDLED,
    environment: Environment = None,
    edition: Edition = None,
    cost_units: Units = CostUnits.NOW,
    scenarios: Scenarios = ALL,
    seeds: Seeds = None,
    seeds_file: SeedsFile = None,
    max_steps: MaxSteps = None,
    shard: Shard = None,
    settings: Settings = None,
    decision_timeout: DecisionTimeout = Limits.decision,
    episode_timeout: EpisodeTimeout = Limits.episode,
    jobs: Jobs = None,
    backend: Backend = "local",
    address: Address = None,
    output: Output = None,
    log: Log = False,
    baselines: Baselines = True,
    untrained: Untrained = True,
    simulated: Simulated = None,
    noisy: Noisy = False,
    resumed: Resume = None,
    rescored: Rescore = None,
) -> None:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines.

    The code of a zip or a module is run, with your rights: score what you trust.
    """
    if resumed is not None:
        places = _places(jobs, backend, address)
        return _resume(context, resumed, agents, places, untrained, simulated)
    if rescored is not None:
        return _rescore(context, rescored, edition, cost_units, output)
    from ..scoring.contestants.variants import parse_overrides
    from ..scoring.run import score
    from .score_display import displayed

    with resumable("score") as run, displayed(run) as display:
        result = score(
            agents,
            data=data,
            environment=environment,
            edition=edition,
            cost_units=cost_units,
            scenarios=scenarios,
            seeds=seeds,
            seeds_file=seeds_file,
            max_steps=max_steps,
            shard=shard,
            jobs=_places(jobs, backend, address),
            output=output,
            log=log,
            settings=parse_overrides(settings or ()),
            baselines=baselines,
            untrained=untrained,
            simulated=simulated or (),
            noisy=noisy,
            decision_timeout=decision_timeout,
            episode_timeout=episode_timeout,
            command=command_line(),
            **display.listeners,
        )
    return _show(display, result)


def _places(number: int | None, backend: BackendName, address: str | None) -> Places:
    """Where the episodes are played."""
    if number is None:
        from joblib import cpu_count

        number = cpu_count()
    return make_jobs(number, backend, address)


def _require_only(context: typer.Context, advice: str, names: Collection[str]) -> None:
    """Refuse arguments and options besides these.

    Raises
    ------
    ConfigurationError
        Others are given.
    """
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in names and source is not None and source.name != "DEFAULT":
            raise ConfigurationError(advice)


def _resume(
    context: typer.Context,
    folder: Path,
    agents: list[str] | None,
    jobs: Places,
    untrained: bool,
    simulated: list[int] | None,
) -> None:
    _require_only(context, _RESUMED, _GOES_WITH_RESUME)
    from ..scoring.run import resume
    from .score_display import displayed

    with resumable("score") as run, displayed(run) as display:
        result = resume(
            folder,
            agents,
            jobs=jobs,
            untrained=untrained,
            simulated=simulated or (),
            command=command_line(),
            **display.listeners,
        )
    _show(display, result)


def _show(display: ScoringDisplay, result: ScoringResult) -> None:
    """Print the result.

    Raises
    ------
    PowrlError
        Agents failed.
    """
    display.print_result(result)
    failed = [summary.agent for summary in result.summaries if summary.failures]
    if failed:
        raise PowrlError(
            f"{count(len(failed), 'agent')} could not play to the end: {', '.join(failed)}; mend "
            "what the notes above say, or leave out the agent."
        )


def _rescore(
    context: typer.Context,
    folder: Path,
    edition: EditionName | None,
    cost_units: CostUnits,
    output: Path | None,
) -> None:
    _require_only(context, _RESCORED, ("rescored", "edition", "cost_units", "output"))
    from ..scoring.rescoring import rescore
    from .interruption import Resumable
    from .score_display import ScoringDisplay

    result = rescore(
        folder, edition=edition, cost_units=cost_units, output=output, command=command_line()
    )
    ScoringDisplay(Resumable()).print_result(result)  # agents that failed did so in the run
