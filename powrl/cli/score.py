"""``powrl score``: agents beside baselines, with grid2op's own L2RPN score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..editions.editions import CostUnits
from ..environments.opening import ALL, BUNDLED
from ..errors import ConfigurationError, PowrlError
from ..scoring.isolation.order import Limits
from ..storage.text import count
from ..workspace.runs import command_line
from .interruption import resumable
from .score_options import (
    Agents,
    Data,
    DecisionTimeout,
    Edition,
    Environment,
    EpisodeTimeout,
    Jobs,
    Log,
    MaxSteps,
    Output,
    Resume,
    Scenarios,
    Seeds,
    SeedsFile,
    Settings,
    Units,
)

if TYPE_CHECKING:
    from ..scoring.scoring_result import ScoringResult
    from .score_display import ScoringDisplay


def command(
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
    settings: Settings = None,
    decision_timeout: DecisionTimeout = Limits.decision,
    episode_timeout: EpisodeTimeout = Limits.episode,
    jobs: Jobs = None,
    output: Output = None,
    log: Log = False,
    resumed: Resume = None,
) -> None:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines.

    The code of a zip or a module is run, with your rights: score what you trust.
    """
    if resumed is not None:
        options = [agents, environment, edition, seeds, seeds_file, max_steps, settings]
        times = [decision_timeout != Limits.decision, episode_timeout != Limits.episode]
        defaults = [(data, BUNDLED), (scenarios, ALL), (cost_units, CostUnits.NOW)]
        changed = any(value != default for value, default in defaults)
        _require_resumable(changed or any([*options, output, log, *times]))
        _resume(resumed, jobs)
        return
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
            jobs=jobs,
            output=output,
            log=log,
            settings=parse_overrides(settings or ()),
            decision_timeout=decision_timeout,
            episode_timeout=episode_timeout,
            command=command_line(),
            on_start=display.start,
            on_reference=display.reference,
            on_score=display.score,
        )
    _show(display, result)


def _require_resumable(changed: bool) -> None:
    if changed:
        raise ConfigurationError(
            "--resume goes on with the run as it is: only --jobs goes with it."
        )


def _resume(folder: Path, jobs: int | None) -> None:
    from ..scoring.run import resume
    from .score_display import displayed

    with resumable("score") as run, displayed(run) as display:
        result = resume(
            folder,
            jobs=jobs,
            command=command_line(),
            on_start=display.start,
            on_reference=display.reference,
            on_score=display.score,
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
            "what the notes above tell, or leave out the agent."
        )
