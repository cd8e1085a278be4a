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

With ``--foretold AGENT`` no copies are played. The chance of each line is what the
``attack_values`` of that agent say of the loads after its loss and after the best correction, in
the topology as it is. That takes a hundredth of the time, so that there can be many steps:

    python -m benchmarks.chances ... --foretold l2rpn_neurips_2020_track1/powrl --per-day 20
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
from powrl.player.errors import PowrlError
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.attack_draw import draw_shares
from powrl.player.rules.attack_risk import AttackRisk
from powrl.player.rules.attack_value import AttackValue
from powrl.player.rules.corrections import Corrections
from powrl.player.rules.redispatching_settings import RedispatchingSettings
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
    chances:
        That the loss of each line ends the episode; 0 or 1 where a copy was played.
    """

    agent: str
    scenario: str
    step: int
    held_mw: float
    shares: dict[str, float]
    chances: dict[str, float]

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
    scenarios: Scenarios, scenario: str, agent: str, draw: Draw, foretold: str | None = None
) -> list[Point]:
    """The attacked steps of one agent in one scenario."""
    with closing(open_engine("fast", scenarios, cached=False)) as engine:
        engine.grid.reset()
        opponent = WeightedOpponent.from_environment(engine.grid)
    order = Order()
    order.steps = opponent.duration
    with closing(open_engine("fast", scenarios, False, lambda *_: OrderedAttack(order))) as engine:
        player = agent_on(engine, agent)
        judge: _Foretelling | _Copies = (
            _Foretelling(engine, player, opponent, agent_on(engine, foretold))
            if foretold
            else _Copies(engine, player, opponent, order)
        )
        facts = _played(engine, player, opponent, judge, scenario, draw)
        return [Point(agent, scenario, *one) for one in facts]


def _played(
    engine: Engine,
    agent: PowRLAgent,
    opponent: WeightedOpponent,
    judge: _Foretelling | _Copies,
    scenario: str,
    draw: Draw,
) -> Iterator[tuple[int, float, dict[str, float], dict[str, float]]]:
    """Step, MW held, shares and chances of each step that is drawn, without attacks."""
    lines = _lines(engine, opponent)
    episode = engine.start(scenario, 0)
    assert isinstance(episode, FastEpisode)
    last = draw.last(episode.max_steps)
    steps = draw.steps(scenario, last)
    while not episode.done and episode.steps < last:
        if episode.steps in steps:
            observation = episode.observation
            shares = draw_shares(observation.rho[lines], opponent.normalization)
            held = float(np.abs(observation.actual_dispatch).sum())
            by_line = dict(zip(opponent.lines, shares.tolist(), strict=True))
            yield episode.steps, held, by_line, judge.chances(episode)
        episode.step(agent.decide(episode.observation).action)


def _lines(engine: Engine, opponent: WeightedOpponent) -> np.ndarray:
    names = list(engine.grid.name_line)
    return np.array([names.index(name) for name in opponent.lines])


class _Foretelling:
    """Tells the chances by what corrections leave."""

    def __init__(
        self, engine: Engine, agent: PowRLAgent, opponent: WeightedOpponent, values: PowRLAgent
    ) -> None:
        own = values.manager.settings.part(RedispatchingSettings)
        assert isinstance(own, RedispatchingSettings)
        if list(own.contingencies) != list(opponent.lines):
            raise PowrlError("--foretold needs an agent whose contingencies are what is attacked.")
        simulator = batch_simulator(engine.grid)
        self._agent, self._lines, self._names = agent, _lines(engine, opponent), opponent.lines
        self._value = AttackValue(len(self._lines), own.attack_values, own.load_growth)
        corrections = Corrections(simulator, own.redispatch_limit, max(own.correct_actions, 1))
        self._risk = AttackRisk(
            simulator, corrections, self._lines, own.attack_normalization, self._value
        )

    def chances(self, episode: FastEpisode) -> dict[str, float]:
        """That of each line; 0 for lines that are out."""
        manager, observation = self._agent.manager, episode.observation
        before = manager.memory
        manager.memory = before.copy()
        situation = manager.situation(observation, self._agent.rank)
        manager.memory = before
        state = situation.state
        after = None
        if state is not None:
            after = self._risk.after_losses(situation, state, state.topology[None])
        if after is None:
            raise PowrlError(
                f"step {episode.steps}: there is no forecast, or no time for all lines."
            )
        chance = self._value.chance(observation, *after)[0]
        chance = np.where(observation.line_status[self._lines], chance, 0.0)
        return dict(zip(self._names, chance.tolist(), strict=True))


class _Copies:
    """Tells the chances by copies of the episode that are attacked."""

    def __init__(
        self, engine: Engine, agent: PowRLAgent, opponent: WeightedOpponent, order: Order
    ) -> None:
        self._agent, self._opponent, self._order = agent, opponent, order
        self._lines = _lines(engine, opponent)

    def chances(self, episode: FastEpisode) -> dict[str, float]:
        """1 for a line whose loss ends a copy; lines that are out are not attacked."""
        ended: dict[float, bool] = {}
        fatal = {}
        for name, line in zip(self._opponent.lines, self._lines.tolist(), strict=True):
            if not episode.observation.line_status[line]:
                continue
            load, is_fatal = self._outcome(episode, line, ended)
            ended[load] = is_fatal
            fatal[name] = float(is_fatal)
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
    foretold: str = typer.Option("", help="Agent whose attack_values tell, in place of copies."),
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
        delayed(points)(chosen, *task, Draw(per_day, seed, max_steps), foretold or None)
        for task in tasks
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
