"""The chance that the next attack ends the episode, by attacks on copies along each agent's way.

    python -m benchmarks.chances l2rpn_neurips_2020_track1/powrl \
        "l2rpn_neurips_2020_track1/powrl[postures=[]]" \
        --data DIR/l2rpn_neurips_2020_track1_train --scenarios "Scenario_december.*" \
        --rows FILE.jsonl

An episode has one or two attacks that decide, so that scores tell agents apart in hundreds of
episodes only. Here each agent plays each scenario on the episode stepper without attacks. At steps
that are drawn once for all agents each line of the opponent is taken out of a copy, which the
agent plays to the end of the attack and a little longer. The chance of a step is the share with
which the opponent draws the lines whose loss ends the copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Column, Table

from benchmarks.command import run_command
from benchmarks.estimates import agent_on
from powrl.engines.engine import Engine
from powrl.engines.fast.episode import FastEpisode
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.agent import PowRLAgent
from powrl.player.rules.attack_draw import draw_shares
from powrl.postures.attack import Order, OrderedAttack
from powrl.postures.opponent import WeightedOpponent
from powrl.postures.play import STEPS_AFTER, STEPS_PER_DAY
from powrl.postures.settings import FIRST_STEP
from powrl.scoring.results import bootstrap_interval

SAME = 1e-4
"""Lines in a row: their losses leave highest loads as near as this, and one copy tells of both."""


@dataclass(frozen=True)
class Point:
    """A step at which copies were attacked.

    Attributes
    ----------
    agent, scenario, step:
        Who played, and when.
    held_mw:
        Redispatching then (MW).
    shares:
        How often the opponent draws each line.
    fatal:
        Names of the lines whose loss ended the copy.
    """

    agent: str
    scenario: str
    step: int
    held_mw: float
    shares: dict[str, float]
    fatal: list[str]

    @property
    def chance(self) -> float:
        """That the next attack ends the episode."""
        return sum(self.shares[line] for line in self.fatal)


@dataclass(frozen=True)
class Draw:
    """At which steps copies are attacked.

    Attributes
    ----------
    per_day:
        Steps of each day.
    seed:
        Draws them, with the name of the scenario.
    max_steps:
        Steps of each scenario that are played at most; 0: all.
    """

    per_day: int = 1
    seed: int = 0
    max_steps: int = 0

    def last(self, max_steps: int) -> int:
        """The last step to play of a scenario of so many."""
        return min(self.max_steps or max_steps, max_steps)

    def steps(self, scenario: str, last: int) -> set[int]:
        """The steps before the last one of a scenario."""
        random = np.random.default_rng([self.seed, *scenario.encode()])
        day = min(STEPS_PER_DAY, last)
        drawn = random.integers(0, day, (-(-last // day), self.per_day))
        steps = set((np.arange(len(drawn))[:, None] * day + drawn).ravel().tolist())
        return {step for step in steps if FIRST_STEP <= step < last}


def points(scenarios: Scenarios, scenario: str, agent: str, draw: Draw) -> list[Point]:
    """The attacked steps of one agent in one scenario."""
    with closing(open_engine("fast", scenarios, cached=False)) as engine:
        engine.grid.reset()
        opponent = WeightedOpponent.from_environment(engine.grid)
    order = Order()
    order.steps = opponent.duration
    with closing(open_engine("fast", scenarios, False, lambda *_: OrderedAttack(order))) as engine:
        course = _Course(engine, agent_on(engine, agent), opponent, order)
        return [Point(agent, scenario, *facts) for facts in course.played(scenario, draw)]


class _Course:
    """An episode without attacks, and its copies."""

    def __init__(
        self, engine: Engine, agent: PowRLAgent, opponent: WeightedOpponent, order: Order
    ) -> None:
        self._engine, self._agent, self._opponent, self._order = engine, agent, opponent, order
        names = list(engine.grid.name_line)
        self._lines = np.array([names.index(name) for name in opponent.lines])

    def played(
        self, scenario: str, draw: Draw
    ) -> Iterator[tuple[int, float, dict[str, float], list[str]]]:
        """Step, MW held, shares and fatal lines of each attacked step."""
        episode = self._engine.start(scenario, 0)
        assert isinstance(episode, FastEpisode)
        last = draw.last(episode.max_steps)
        steps = draw.steps(scenario, last)
        while not episode.done and episode.steps < last:
            if episode.steps in steps:
                observation = episode.observation
                shares = draw_shares(observation.rho[self._lines], self._opponent.normalization)
                held = float(np.abs(observation.actual_dispatch).sum())
                by_line = dict(zip(self._opponent.lines, shares.tolist(), strict=True))
                yield episode.steps, held, by_line, self._fatal(episode)
            episode.step(self._agent.decide(episode.observation).action)

    def _fatal(self, episode: FastEpisode) -> list[str]:
        """Names of the lines whose loss ends a copy; lines that are out are not attacked."""
        ended: dict[float, bool] = {}
        fatal = []
        for name, line in zip(self._opponent.lines, self._lines.tolist(), strict=True):
            if not episode.observation.line_status[line]:
                continue
            load, is_fatal = self._outcome(episode, line, ended)
            ended[load] = is_fatal
            if is_fatal:
                fatal.append(name)
        return fatal

    def _outcome(
        self, episode: FastEpisode, line: int, ended: dict[float, bool]
    ) -> tuple[float, bool]:
        """The highest load a step after the loss of a line, and whether the copy ends."""
        manager = self._agent.manager
        before = manager.memory
        manager.memory, self._order.line = before.copy(), line
        branch = episode.copy()
        last = branch.steps + self._opponent.duration + STEPS_AFTER
        load, outcome = np.inf, None
        while not branch.done and branch.steps < last and outcome is None:
            branch.step(self._agent.decide(branch.observation).action)
            if not np.isfinite(load) and not branch.done:
                load = float(branch.observation.rho.max())
                outcome = next((end for one, end in ended.items() if abs(one - load) < SAME), None)
        manager.memory = before
        return load, branch.game_over if outcome is None else outcome


def summary(
    played: Sequence[Point], agents: Sequence[str], first: str
) -> list[tuple[str, int, float, float, str]]:
    """Agent, points, mean chance (%), MW held and difference to the first, on common steps."""
    by_agent = {
        agent: {(one.scenario, one.step): one for one in played if one.agent == agent}
        for agent in agents
    }
    common = sorted(set.intersection(*(set(points) for points in by_agent.values())))
    rows = []
    for agent, own in by_agent.items():
        chances = [100 * own[one].chance for one in common]
        others = [100 * by_agent[first][one].chance for one in common]
        of_scenario: dict[str, list[float]] = {}
        for (scenario, _), chance, other in zip(common, chances, others, strict=True):
            of_scenario.setdefault(scenario, []).append(chance - other)
        means = np.array([np.mean(values) for values in of_scenario.values()])
        interval = bootstrap_interval(means, np.ones(len(means)))
        text = f"{means.mean():+.2f}" if len(means) and agent != first else ""
        if text and interval:
            text += f" ({interval[0]:+.2f} to {interval[1]:+.2f})"
        held = float(np.mean([own[one].held_mw for one in common])) if common else 0.0
        rows.append((agent, len(common), float(np.mean(chances or [0.0])), held, text))
    return rows


def main(
    agents: list[str] = typer.Argument(..., help="Agents of powrl, with overrides or without."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    per_day: int = typer.Option(1, min=1, help="Attacked steps of each day."),
    seed: int = typer.Option(0, min=0, help="Draws these steps."),
    max_steps: int = typer.Option(0, min=0, help="Steps of each scenario to play (0: all)."),
    rows: Path = typer.Option(..., help="File of JSON lines that a stopped run goes on with."),
    jobs: int = typer.Option(-1, help="Processes; -1: one for each core."),
) -> None:
    """Play attacks on copies along the way of each agent."""
    chosen = Scenarios(data.name, data, scenarios)
    with closing(open_engine("fast", chosen, cached=False)) as engine:
        names = list(engine.scenarios)
    lines = rows.read_text(encoding="utf-8").splitlines() if rows.exists() else []
    played = [Point(**json.loads(line)) for line in lines]
    done = {(one.agent, one.scenario) for one in played}
    tasks = [(name, agent) for name in names for agent in agents if (agent, name) not in done]
    for result in Parallel(n_jobs=jobs, return_as="generator")(
        delayed(points)(chosen, *task, Draw(per_day, seed, max_steps)) for task in tasks
    ):
        played += result
        with rows.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(one))}\n" for one in result)
    table = Table(Column("agent", overflow="fold"), "attacked steps", "fatal %", "held MW", "more")
    for agent, number, chance, held, more in summary(played, agents, agents[0]):
        table.add_row(agent, str(number), f"{chance:.2f}", f"{held:.0f}", more)
    Console(width=160).print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.chances")
