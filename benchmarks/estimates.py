"""Estimate the official score of agents on the episode stepper, in both cost units.

    python -m benchmarks.estimates l2rpn_neurips_2020_track1/search \
        "l2rpn_neurips_2020_track1/search[correct_actions=0,redispatch_limit=0.98]" \
        --data DIR/l2rpn_neurips_2020_track1_val --scenarios ".*_wk[13]"

For choosing settings, never for a claim: it is several times faster than `powrl score` and tells
what a decision's MW cost, but the references are played by a simpler agent (of several lines that
can be reconnected it takes the first), and the stepper takes the place of grid2op.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from benchmarks.command import run_command
from powrl.editions.editions import CostUnits
from powrl.engines.engine import Engine, Episode
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.grid_action import GridAction
from powrl.player.agent import PowRLAgent
from powrl.scoring.contestants.own import AgentFolder
from powrl.scoring.contestants.variants import split_variant
from powrl.scoring.costs import EpisodeCosts, OperationCosts
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
    """

    losses: float
    dispatch: float
    steps: int
    max_steps: int
    held_mw: float
    loads: np.ndarray


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
    losses, held, stored, loads = [], [], [], []
    while not episode.done:
        now = episode.observation
        action = agent.decide(now).action if agent else _reconnection(engine, now, reconnects)
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
        cost = (course.losses + course.dispatch) / compared.unlimited.losses
        rows.append(Row(agent, scenario, seed, course, *scores, cost * _whole(course)))
    return rows


@dataclass(frozen=True)
class Row:
    """An agent in an episode.

    Attributes
    ----------
    score, score_2020:
        Estimated official score, now and in units of 2020.
    cost:
        Operation cost against that of the reference, for as many steps.
    """

    agent: str
    scenario: str
    seed: int
    course: Course
    score: float
    score_2020: float
    cost: float


def _whole(course: Course) -> float:
    """From the steps survived to the whole scenario."""
    return course.max_steps / max(course.steps, 1)


def main(
    agents: list[str] = typer.Argument(..., help="Agents of powrl, with overrides or without."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    seeds: int = typer.Option(1, min=1, help="Number of seeds."),
    jobs: int = typer.Option(-1, help="Processes; -1: one for each core."),
) -> None:
    """Estimate official scores on the episode stepper."""
    chosen = Scenarios(data.name, data, scenarios)
    with closing(_open(chosen)) as engine:
        names = list(engine.scenarios)
    tasks = [(scenario, seed) for seed in range(seeds) for scenario in names]
    episodes = Parallel(n_jobs=jobs)(
        delayed(play)(chosen, scenario, seed, agents) for scenario, seed in tasks
    )
    table = Table("agent", "units of 2020", "now", "survived %", "completed", "held MW", "cost")
    for number, agent in enumerate(agents):
        rows = [episode[number] for episode in episodes]
        survived = [row.course.steps / row.course.max_steps for row in rows]
        values = [
            np.mean([row.score_2020 for row in rows]),
            np.mean([row.score for row in rows]),
            100 * np.mean(survived),
        ]
        table.add_row(
            agent,
            *(f"{value:.1f}" for value in values),
            f"{sum(share == 1 for share in survived)} of {len(rows)}",
            f"{np.mean([row.course.held_mw for row in rows]):.0f}",
            f"{np.mean([row.cost for row in rows]):.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.estimates")
