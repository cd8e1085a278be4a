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

With ``--foreseen AGENT`` no copies are played. The chance of each line is what the
``attack_values`` of that agent say of the loads after its loss and after the best correction, in
the topology as it is. That takes a hundredth of the time, so that there can be many steps:

    python -m benchmarks.chances ... --foreseen l2rpn_neurips_2020_track1/powrl --per-day 20
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Column, Table

from benchmarks.command import JOBS, run_command
from benchmarks.estimates import agent_on
from powrl.engines.engine import Engine
from powrl.engines.fast.episode import FastEpisode
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.parallel.run import run
from powrl.player.agent import PowRLAgent
from powrl.player.errors import PowrlError
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.attack_draw import draw_shares
from powrl.player.rules.attack_value import AttackValue, minute_of_day
from powrl.player.rules.redispatching_settings import RedispatchingSettings
from powrl.postures.attack import Order, OrderedAttack
from powrl.postures.attacked_copy import LineAttacks
from powrl.postures.calm_state import NO_SOLUTION
from powrl.postures.opponent import WeightedOpponent
from powrl.postures.play import STEPS_PER_DAY, situation_beside
from powrl.postures.settings import FIRST_STEP
from powrl.scoring.results import bootstrap_interval

COPIES = "copies"
"""What judges where no agent's values do."""


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
    minute:
        Of the day.
    lost, corrected:
        Highest loads after the loss of each line, and after its best correction; `NO_SOLUTION`
        where the loss ends the episode at once.
    chances:
        That the loss of each line ends the episode; 0 or 1 where a copy was played. None is played
        of a loss that is harmless, or is so once corrected: its chance is 0.
    judge:
        `COPIES`, or the agent whose values say what an attack comes to.
    """

    agent: str
    scenario: str
    step: int
    held_mw: float
    shares: dict[str, float]
    minute: int
    lost: dict[str, float]
    corrected: dict[str, float]
    chances: dict[str, float]
    judge: str = COPIES

    @property
    def chance(self) -> float:
        """That the next attack ends the episode."""
        return sum(share * self.chances.get(line, 0.0) for line, share in self.shares.items())


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


def points(
    scenarios: Scenarios, scenario: str, agent: str, draw: Draw, judge: str = COPIES
) -> list[Point]:
    """The attacked steps of one agent in one scenario."""
    with closing(open_engine("fast", scenarios, cached=False)) as engine:
        engine.grid.reset()
        opponent = WeightedOpponent.from_environment(engine.grid)
    order = Order()
    with closing(open_engine("fast", scenarios, False, lambda *_: OrderedAttack(order))) as engine:
        player = agent_on(engine, agent)
        values = None if judge == COPIES else agent_on(engine, judge)
        attacks, attacked = _Attacks(engine, player, opponent, order, values), []
        episode = engine.start(scenario, 0)
        assert isinstance(episode, FastEpisode)
        last = draw.last(episode.max_steps)
        steps = draw.steps(scenario, last)
        while not episode.done and episode.steps < last:
            if episode.steps in steps:
                facts = attacks.at(episode)
                attacked.append(Point(agent, scenario, episode.steps, **facts, judge=judge))
            episode.step(player.decide(episode.observation).action)
        return attacked


class _Attacks:
    """Attacks on each line at a step: what they leave, and the chance that they end the episode."""

    def __init__(
        self,
        engine: Engine,
        agent: PowRLAgent,
        opponent: WeightedOpponent,
        order: Order,
        values: PowRLAgent | None,
    ) -> None:
        self._agent, self._opponent = agent, opponent
        self._attacks = LineAttacks(values or agent, batch_simulator(engine.grid), opponent, order)
        self._value = None if values is None else _value_of(values, opponent)

    def at(self, episode: FastEpisode) -> dict[str, Any]:
        """The fields of a point that depend on the step."""
        observation = episode.observation
        situation = situation_beside(self._agent, observation)
        state = situation.state
        if state is None:
            raise PowrlError(f"step {episode.steps} of the scenario has no forecast.")
        after = self._attacks.losses.loads(situation, state, state.topology[None])
        assert after is not None  # there is all the time
        lost, corrected = (np.minimum(loads[0], NO_SOLUTION) for loads in after)
        if self._value is None:
            chances = self._played(episode, lost, corrected)
        else:
            chances = self._value.chance(observation, *after)[0]
        chances = np.where(observation.line_status[self._attacks.lines], chances, 0.0)
        shares = draw_shares(observation.rho[self._attacks.lines], self._opponent.normalization)
        facts = {"shares": shares, "lost": lost, "corrected": corrected, "chances": chances}
        by_line = {
            key: dict(zip(self._opponent.lines, values.tolist(), strict=True))
            for key, values in facts.items()
        }
        held = float(np.abs(observation.actual_dispatch).sum())
        return {**by_line, "held_mw": held, "minute": minute_of_day(observation)}

    def _played(self, episode: FastEpisode, lost: np.ndarray, corrected: np.ndarray) -> np.ndarray:
        """1 for a line whose loss ends a copy, or the episode at once."""
        chances = np.where(lost < NO_SOLUTION, 0.0, 1.0)
        fatal = self._attacks.fatal(episode, lost, corrected)
        chances[list(fatal)] = list(fatal.values())
        return chances


def _value_of(agent: PowRLAgent, opponent: WeightedOpponent) -> AttackValue:
    """What attacks come to by the values of an agent."""
    own = agent.settings.overload.part(RedispatchingSettings)
    if list(own.contingencies) != list(opponent.lines):
        raise PowrlError("--foreseen needs an agent whose contingencies are what is attacked.")
    return AttackValue(len(opponent.lines), own.attack_values, own.load_growth)


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


def _read(rows: Path) -> list[Point]:
    """The points of a file, if there is one."""
    if not rows.exists():
        return []
    try:
        return [Point(**json.loads(line)) for line in rows.read_text("utf-8").splitlines()]
    except (TypeError, ValueError) as error:
        raise PowrlError(f"{rows} is no file of this benchmark: name another one.") from error


def main(
    agents: list[str] = typer.Argument(..., help="Agents of powrl, with overrides or without."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    per_day: int = typer.Option(1, min=1, help="Attacked steps of each day."),
    seed: int = typer.Option(0, min=0, help="Draws these steps."),
    max_steps: int = typer.Option(0, min=0, help="Steps of each scenario to play (0: all)."),
    foreseen: str = typer.Option(
        COPIES, help="Agent whose attack_values say what attacks come to, in place of copies."
    ),
    rows: Path = typer.Option(..., help="File of JSON lines that a stopped run goes on with."),
    jobs: int = typer.Option(JOBS, min=1, help="Processes."),
) -> None:
    """Play attacks on copies along the way of each agent."""
    chosen = Scenarios(data.name, data, scenarios)
    with closing(open_engine("fast", chosen, cached=False)) as engine:
        names = list(engine.scenarios)
    played = _read(rows)
    done = {(one.agent, one.scenario) for one in played if one.judge == foreseen}
    tasks = [(name, agent) for name in names for agent in agents if (agent, name) not in done]

    def keep(_: int, result: list[Point]) -> None:
        played.extend(result)
        with rows.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(one))}\n" for one in result)

    draw = Draw(per_day, seed, max_steps)
    run([partial(points, chosen, *task, draw, foreseen) for task in tasks], jobs, keep)
    table = Table(Column("agent", overflow="fold"), "attacked steps", "fatal %", "held MW", "more")
    judged = [one for one in played if one.judge == foreseen]
    for agent, number, chance, held, more in summary(judged, agents, agents[0]):
        table.add_row(agent, str(number), f"{chance:.2f}", f"{held:.0f}", more)
    Console(width=160, markup=False).print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.chances")
