"""Score an agent within a competition's limit of time, on a machine that is many times slower.

    python -m benchmarks.slow_machine l2rpn_neurips_2020_track1/search --factor 1 --factor 10

The clock runs so many times faster: to an agent, that is a machine which is as much slower. The
limit of an episode is what the edition allows for as many steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine
from powrl.editions.editions import EDITIONS, NO_EDITION, Edition, EditionName
from powrl.environments.opening import Scenarios
from powrl.player.agent import PowRLAgent
from powrl.player.rules.time_budget import TimeBudget
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import AgentFolder, Baseline
from powrl.scoring.planning import plan_contest
from powrl.scoring.play import play_contest
from powrl.scoring.results import EpisodeScore, summarize
from powrl.storage.text import with_spread
from powrl.submission.package import SECONDS_PER_DECISION, TIME_USED
from powrl.workspace.shipped import find_agent


@dataclass(frozen=True)
class LimitedAgent(AgentFolder):
    """An agent folder that keeps, in each episode, within nine tenths of what an edition allows.

    Attributes
    ----------
    edition:
        One whose limit of time is known.
    """

    edition: Edition = NO_EDITION

    def make(self, environment: Any) -> PowRLAgent:
        """See `OwnContestant.make` of powrl; the length of the first scenario counts."""
        agent = super().make(environment)
        steps = int(environment.max_episode_duration())
        seconds = TIME_USED * allowed(self.edition, steps)
        agent.manager.time = TimeBudget(
            seconds, steps, agent.settings.overload.seconds or SECONDS_PER_DECISION
        )
        return agent


def allowed(edition: Edition, steps: int) -> float:
    """Seconds that an edition gives for all decisions of so many steps."""
    return edition.seconds * steps / edition.steps


@contextmanager
def slowed(factor: float) -> Iterator[None]:
    """Within it, `time.perf_counter` tells so many times the seconds that pass."""
    clock = time.perf_counter
    with patch("time.perf_counter", lambda: factor * clock()):
        yield


def scored(contest: Contest, factor: float) -> list[EpisodeScore]:
    """Scores on a slower machine: all is played in this process, whose clock it is."""
    with slowed(factor):
        return play_contest(contest, 1, lambda: None, lambda _: None)


def time_shares(edition: Edition, episodes: Sequence[EpisodeScore]) -> list[float]:
    """Of each episode, what its decisions took of the time that is allowed for it (1: all)."""
    return [
        episode.seconds_per_decision * episode.steps / allowed(edition, episode.max_steps)
        for episode in episodes
    ]


def main(
    agent: str = typer.Argument(help="Name of a shipped agent."),
    edition: EditionName = typer.Option(
        EditionName("icaps2021"), help="Whose time for a step counts."
    ),
    environment: str = typer.Option(
        "", help="Bundled with grid2op (default: that of the agent).", show_default=False
    ),
    factor: list[float] = typer.Option([1.0, 10.0], min=1, help="How many times slower."),
    seeds: int = typer.Option(1, min=1, help="Episodes of each bundled scenario."),
) -> None:
    """Print what an agent gets on slower and slower machines, beside doing nothing."""
    competition = EDITIONS[edition.value]
    if not competition.seconds:
        raise typer.BadParameter(f"nothing is known of the limit of {competition.title}")
    scenarios = Scenarios(environment or agent.partition("/")[0])
    limited = LimitedAgent(agent, find_agent(agent), edition=competition)
    table = Table("slower", "most of the time used (%)", "steps survived (%)", "official score")

    def add_row(name: str, contestant: Any, times: float) -> None:
        episodes = scored(plan_contest(scenarios, [contestant], range(seeds)), times)
        summary = summarize(episodes)
        table.add_row(
            name,
            f"{100 * max(time_shares(competition, episodes)):.0f}",
            with_spread(summary.survival, summary.survival_spread),
            with_spread(summary.score, summary.score_spread),
        )

    for times in factor:
        add_row(f"{times:g} x", limited, times)
    add_row("do nothing", Baseline("DoNothing"), 1)
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
