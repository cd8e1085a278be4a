"""Estimate the official score of agents on the episode stepper, in both cost units.

    python -m benchmarks.estimates l2rpn_neurips_2020_track1/search \
        "l2rpn_neurips_2020_track1/search[correct_actions=0,redispatch_limit=0.98]" \
        --data DIR/l2rpn_neurips_2020_track1_val --scenarios ".*_wk[13]"

For choosing settings, never for a claim: it is several times faster than `powrl score` and tells
what a decision's MW cost, but the references are played by a simpler agent (of several lines that
can be reconnected it takes the first), and the stepper takes the place of grid2op.

One seed brings much the same attacks in all scenarios; with `--own-seeds` each scenario has its
own. With `--rows` a stopped run goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.command import JOBS, run_command
from powrl.editions.editions import CostUnits
from powrl.engines.engine import Engine, Episode
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.parallel.run import run
from powrl.player.actions.grid_action import GridAction
from powrl.player.agent import PowRLAgent
from powrl.scoring.contestants.own import AgentFolder
from powrl.scoring.contestants.variants import split_variant
from powrl.scoring.costs import EpisodeCosts, OperationCosts
from powrl.scoring.results import bootstrap_interval
from powrl.workspace.shipped import find_agent

STEPS_PER_HOUR = 12

STORAGE_PRICE = 10.0
"""Of storage units (EUR per MWh), as in WCCI 2022."""


@dataclass(frozen=True, eq=False)
class Course:
    """What an episode costs.

    Attributes
    ----------
    losses, dispatch:
        Cost of losses, and of redispatching, curtailment and storage, in all steps survived (EUR).
    steps, max_steps:
        Steps survived, and steps of the scenario.
    held_mw:
        Redispatching and curtailment on average (MW).
    loads:
        All loads together in each step survived (MW), shape ``(steps,)``.
    seconds:
        CPU time of all decisions.
    """

    losses: float
    dispatch: float
    steps: int
    max_steps: int
    held_mw: float
    loads: np.ndarray
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Reference:
    """What an episode is compared with.

    Attributes
    ----------
    idle, unlimited:
        Doing nothing, and reconnecting in a grid without protections.
    load_costs:
        What a blackout costs in each step (EUR), shape ``(max_steps,)``.
    """

    idle: Course
    unlimited: Course
    load_costs: np.ndarray

    def score(self, course: Course, units: CostUnits) -> float:
        """The score of ``grid2op.utils.ScoreL2RPN2020``."""
        factor = STEPS_PER_HOUR if units is CostUnits.YEAR_2020 else 1
        agent, idle, unlimited = (
            factor * (one.losses + one.dispatch) for one in (course, self.idle, self.unlimited)
        )
        return EpisodeCosts(
            {units.value: OperationCosts(agent, idle, unlimited, reference_meanwhile=unlimited)},
            blackout=float(self.load_costs[course.steps :].sum()),
            idle_blackout=float(self.load_costs[self.idle.steps :].sum()),
            total_blackout=float(self.load_costs.sum()),
            storage=False,
        ).score(units)


def _open(scenarios: Scenarios, **make: Any) -> Engine:
    return open_engine("fast", scenarios, cached=False, **make)


def agent_on(engine: Engine, text: str) -> PowRLAgent:
    """An agent, with overrides or without, that plays on an engine."""
    name, overrides = split_variant(text)
    return AgentFolder(name, find_agent(name), overrides).make(engine.grid)


def _course(engine: Engine, episode: Episode, agent: PowRLAgent | None, reconnects: bool) -> Course:
    """Play an episode to its end and count what it costs."""
    prices = np.asarray(engine.grid.gen_cost_per_MW, dtype=float)
    highest, renewable = np.asarray(engine.grid.gen_pmax), np.asarray(engine.grid.gen_renewable)
    losses, held, stored, loads, seconds = [], [], [], [], 0.0
    while not episode.done:
        now, before = episode.observation, time.process_time()
        action = agent.decide(now).action if agent else _reconnection(engine, now, reconnects)
        seconds += time.process_time() - before
        after = episode.step(action)
        if not episode.game_over:
            price = prices[after.gen_p > 0].max()
            loads.append(float(after.load_p.sum()))
            losses.append(price * float(after.gen_p.sum() - after.load_p.sum()))
            curtailed = float((after.curtailment * highest)[renewable].sum())
            held.append((price, float(np.abs(after.actual_dispatch).sum()) + curtailed))
            stored.append(float(np.abs(after.storage_power).sum()))
    dispatch = sum(price * amount for price, amount in held) + STORAGE_PRICE * sum(stored)
    return Course(
        sum(losses) / STEPS_PER_HOUR,
        dispatch / STEPS_PER_HOUR,
        episode.steps - episode.game_over,
        episode.max_steps,
        float(np.mean([amount for _, amount in held] or [0.0])),
        np.array(loads),
        seconds,
    )


def _reconnection(engine: Engine, observation: object, reconnects: bool) -> GridAction | None:
    """Reconnect the first line that can be; None: there is none, or nothing is to be done."""
    status, cooldown = (
        np.asarray(getattr(observation, name))
        for name in ("line_status", "time_before_cooldown_line")
    )
    free = np.flatnonzero(~status & (cooldown == 0))
    if not reconnects or not len(free):
        return None
    action = GridAction.nothing(engine.simulator().positions)
    action.set_line_status[free[0]] = 1
    return action


def without_protections(engine: Engine) -> Any:
    """The parameters of an engine's grid, but that no overload opens a line."""
    parameters = deepcopy(engine.grid.parameters)
    parameters.NO_OVERFLOW_DISCONNECTION = True
    return parameters


def reference(scenarios: Scenarios, scenario: str, seed: int) -> Reference:
    """Play what an episode is compared with."""
    with closing(_open(scenarios)) as engine:
        idle = _course(engine, engine.start(scenario, seed), None, reconnects=False)
        price = float(np.max(engine.grid.gen_cost_per_MW))
        parameters = without_protections(engine)
    with closing(_open(scenarios, param=parameters)) as engine:
        unlimited = _course(engine, engine.start(scenario, seed), None, reconnects=True)
    return Reference(idle, unlimited, price * unlimited.loads)


def play(scenarios: Scenarios, scenario: str, seed: int, agents: Sequence[str]) -> list[Row]:
    """All agents in one episode."""
    one = Scenarios(scenarios.environment, scenarios.source, scenario)
    compared = reference(one, scenario, seed)
    rows = []
    for agent in agents:
        with closing(_open(one)) as engine:
            episode = engine.start(scenario, seed)
            course = _course(engine, episode, agent_on(engine, agent), reconnects=False)
        scores = (
            compared.score(course, CostUnits.NOW),
            compared.score(course, CostUnits.YEAR_2020),
        )
        cost = _whole(course) * (course.losses + course.dispatch) / compared.unlimited.losses
        facts = (course.steps, course.max_steps, course.held_mw, course.seconds)
        rows.append(Row(agent, scenario, seed, *facts, *scores, cost))
    return rows


@dataclass(frozen=True)
class Row:
    """An agent in an episode.

    Attributes
    ----------
    steps, max_steps, held_mw, seconds:
        Those of its `Course`.
    score, score_2020:
        Estimated official score, now and in units of 2020.
    cost:
        Operation cost against that of the reference, for as many steps.
    """

    agent: str
    scenario: str
    seed: int
    steps: int
    max_steps: int
    held_mw: float
    seconds: float
    score: float
    score_2020: float
    cost: float

    @property
    def survived(self) -> float:
        """Share of the scenario's steps survived."""
        return self.steps / self.max_steps


def _whole(course: Course) -> float:
    """From the steps survived to the whole scenario."""
    return course.max_steps / max(course.steps, 1)


class Rows:
    """The rows of a run, and of those before it that wrote into the same file.

    Parameters
    ----------
    file:
        JSON lines, one for each row; None: nothing is written.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
        self._rows = [Row(**json.loads(line)) for line in lines]

    def missing(self, scenario: str, seed: int, agents: Sequence[str]) -> list[str]:
        """The agents that have not played an episode."""
        played = {row.agent for row in self._rows if (row.scenario, row.seed) == (scenario, seed)}
        return [agent for agent in agents if agent not in played]

    def add(self, rows: Sequence[Row]) -> None:
        """Keep the rows of an episode."""
        self._rows += rows
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(asdict(row))}\n" for row in rows)

    def by_agent(self, agent: str, episodes: Sequence[tuple[str, int]]) -> list[Row]:
        """The rows of an agent, in the order of the episodes."""
        by_episode = {(row.scenario, row.seed): row for row in self._rows if row.agent == agent}
        return [by_episode[episode] for episode in episodes]


def difference(rows: Sequence[Row], first: Sequence[Row]) -> str:
    """By how much more an agent survives than the first one, in the same episodes (points).

    The interval is that of `bootstrap_interval`: scenarios are drawn with all their seeds.
    """
    apart: dict[str, list[float]] = {}
    for row, other in zip(rows, first, strict=True):
        apart.setdefault(row.scenario, []).append(100 * (row.survived - other.survived))
    means = np.array([np.mean(values) for values in apart.values()])
    interval = bootstrap_interval(means, np.ones(len(means)))
    text = f"{means.mean():+.1f}"
    return text if interval is None else f"{text} ({interval[0]:+.1f} to {interval[1]:+.1f})"


def main(
    agents: list[str] = typer.Argument(..., help="Agents of powrl, with overrides or without."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    seeds: int = typer.Option(1, min=1, help="Number of seeds."),
    own_seeds: bool = typer.Option(False, "--own-seeds", help="Give each scenario its own seeds."),
    rows: Path = typer.Option(None, help="File of JSON lines that a stopped run goes on with."),
    jobs: int = typer.Option(JOBS, min=1, help="Processes."),
) -> None:
    """Estimate official scores on the episode stepper."""
    chosen = Scenarios(data.name, data, scenarios)
    with closing(_open(chosen)) as engine:
        names = list(engine.scenarios)
    first = {name: 1000 * number if own_seeds else 0 for number, name in enumerate(names)}
    episodes = [(name, first[name] + seed) for seed in range(seeds) for name in names]
    played = Rows(rows)
    tasks = [
        (*episode, missing) for episode in episodes if (missing := played.missing(*episode, agents))
    ]
    run([partial(play, chosen, *task) for task in tasks], jobs, lambda _, rows: played.add(rows))
    _print({agent: played.by_agent(agent, episodes) for agent in agents})


def _print(played: dict[str, list[Row]]) -> None:
    """Print a row for each agent, and how it differs from the first."""
    numbers = ("completed", "held MW", "cost", "ms", "survives more by")
    table = Table("agent", "units of 2020", "now", "survived %", *numbers)
    first = next(iter(played.values()))
    for agent, rows in played.items():
        values = [
            np.mean([row.score_2020 for row in rows]),
            np.mean([row.score for row in rows]),
            100 * np.mean([row.survived for row in rows]),
        ]
        decisions = sum(row.steps for row in rows)
        table.add_row(
            agent,
            *(f"{value:.1f}" for value in values),
            f"{sum(row.steps == row.max_steps for row in rows)} of {len(rows)}",
            f"{np.mean([row.held_mw for row in rows]):.0f}",
            f"{np.mean([row.cost for row in rows]):.1f}",
            f"{1000 * sum(row.seconds for row in rows) / max(decisions, 1):.1f}",
            "" if rows is first else difference(rows, first),
        )
    Console(width=200, markup=False).print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.estimates")
