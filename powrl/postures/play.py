"""One scenario: what attacks on copies of it come to, and what postures would do in calm states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..engines.engine import Engine
from ..engines.fast.episode import FastEpisode
from ..engines.opening import open_engine
from ..environments.opening import Scenarios
from ..player.agent import PowRLAgent, load_agent
from ..player.grid.observation import Observation
from ..player.lookahead.clock import Clock
from ..player.lookahead.state import GridState
from ..player.rules.attack_value import AttackValue, minute_of_day
from ..player.rules.memory import EpisodeMemory
from ..player.rules.redispatching_settings import RedispatchingSettings
from ..player.rules.situation import Situation
from ..player.rules.splits import COMBINED, NOMINAL, Splits, combined, topology_of
from .attack import Order, OrderedAttack
from .attacked_copy import LineAttacks
from .calm_state import NO_SOLUTION, CalmState, Postures
from .opponent import WeightedOpponent
from .settings import FIRST_STEP, PostureSettings

STEPS_PER_DAY = 288

CALM_LOAD = 0.95
"""States whose highest load is lower are calm."""


@dataclass
class Attack:
    """An attack on a copy of the episode.

    Attributes
    ----------
    step, minute:
        Of the episode, and of the day.
    line:
        Name of the line.
    lost, corrected:
        Highest load after its loss, and after the best correction.
    is_fatal:
        Whether it ended the episode.
    """

    step: int
    minute: int
    line: str
    lost: float
    corrected: float
    is_fatal: bool


@dataclass
class Played:
    """What one scenario has shown.

    Attributes
    ----------
    loads:
        All loads together at each step (MW).
    minutes:
        Of the day, at each step.
    """

    loads: list[float] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    attacks: list[Attack] = field(default_factory=list)
    states: list[CalmState] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Played:
        """What `to_json` wrote."""
        return cls(
            body["loads"],
            body["minutes"],
            [Attack(**one) for one in body["attacks"]],
            [CalmState.from_json(one) for one in body["states"]],
        )


def play_scenario(settings: PostureSettings, scenario: str, number: int) -> Played:
    """Play a scenario without attacks, and its copies with one attack a day on each risky line.

    Parameters
    ----------
    number:
        Of the scenario; with the seed it fixes what is drawn.
    """
    order = Order()
    source = Scenarios(Path(settings.data).name, settings.data, re.escape(scenario))
    ordered = partial(_ordered, order)
    with closing(open_engine("fast", source, cached=False)) as engine:
        engine.grid.reset()
        opponent = WeightedOpponent.from_environment(engine.grid)
    with closing(open_engine("fast", source, False, ordered)) as engine:
        agent = load_agent(settings.agent, engine.grid)
        random = np.random.default_rng((settings.seed, number))
        return _Course(engine, agent, opponent, order).played(scenario, settings, random)


def _ordered(order: Order, *_: object) -> OrderedAttack:
    return OrderedAttack(order)


def situation_beside(agent: PowRLAgent, observation: Observation) -> Situation:
    """The step as an agent sees it, which learns nothing from it twice, and has time.

    Parameters
    ----------
    observation:
        Of the step that the agent decides next.
    """
    manager = agent.manager
    memory = manager.memory
    manager.memory = memory.copy()
    situation = manager.situation(observation, agent.rank)
    manager.memory, situation.memory = memory, EpisodeMemory()
    situation.clock = Clock()
    return situation


class _Course:
    """An episode that is played, and what is looked at on the way."""

    def __init__(
        self, engine: Engine, agent: PowRLAgent, opponent: WeightedOpponent, order: Order
    ) -> None:
        batch = engine.simulator().batch
        assert batch is not None
        self._engine, self._agent, self._opponent = engine, agent, opponent
        own = agent.settings.overload.part(RedispatchingSettings)
        self._plain = AttackValue(len(opponent.lines), (), ())
        self._attacks = LineAttacks(agent, batch, opponent, order)
        self._batch, self._highest = batch, own.posture_rho

    def played(
        self, scenario: str, settings: PostureSettings, random: np.random.Generator
    ) -> Played:
        """What the scenario shows."""
        episode, result = self._engine.start(scenario, 0), Played()
        assert isinstance(episode, FastEpisode)
        last = min(settings.max_steps or episode.max_steps, episode.max_steps)
        if last <= FIRST_STEP:
            return result
        longest = min(STEPS_PER_DAY, last)
        of_day = random.integers(FIRST_STEP, longest, -(-last // STEPS_PER_DAY))
        attacks = {
            int(day * STEPS_PER_DAY + step)
            for day, step in enumerate(of_day)
            if settings.attack_every and day % settings.attack_every == 0
        }
        states = random.integers(FIRST_STEP, last, settings.states).tolist()
        while not episode.done and episode.steps < last:
            observation = episode.observation
            result.loads.append(float(observation.load_p.sum()))
            result.minutes.append(minute_of_day(observation))
            if episode.steps in attacks:
                result.attacks += self._attacked(episode)
            if episode.steps in states and observation.rho.max() < CALM_LOAD:
                result.states += self._postures(episode, settings.additions > 0)
            episode.step(self._agent.decide(observation).action)
        return result

    def _attacked(self, episode: FastEpisode) -> list[Attack]:
        """Attacks on all lines whose loss is risky now, one copy of the episode for each."""
        observation = episode.observation
        situation = situation_beside(self._agent, observation)
        if situation.state is None:
            return []
        topology = situation.state.topology
        after = self._attacks.losses.loads(situation, situation.state.nominal(), topology[None])
        assert after is not None  # there is all the time
        (lost,), (corrected,) = after
        fatal = self._attacks.fatal(episode, lost, corrected)
        step, minute, lines = episode.steps, minute_of_day(observation), self._opponent.lines
        return [
            Attack(
                step, minute, lines[place], float(lost[place]), float(corrected[place]), is_fatal
            )
            for place, is_fatal in fatal.items()
        ]

    def _postures(self, episode: FastEpisode, with_additions: bool) -> list[CalmState]:
        """The state with all actions of the set as postures, where it has a solution."""
        observation = episode.observation
        situation = situation_beside(self._agent, observation)
        if situation.state is None:
            return []
        state, numbers = situation.state.nominal(), range(len(situation.actions))
        single = self._judged(situation, state, [NOMINAL, *((number,) for number in numbers)])
        if single is None:
            return []
        minute = minute_of_day(observation)
        risks = single.risks(self._plain, minute)
        firsts = sorted((splits for splits in risks if splits), key=risks.__getitem__)[:COMBINED]
        pairs = combined(situation.actions, firsts, numbers if with_additions else ())
        double = self._judged(situation, state, [NOMINAL, *pairs])
        assert double is not None
        return [CalmState(episode.steps, minute, single, double)]

    def _judged(
        self, situation: Situation, state: GridState, postures: Sequence[Splits]
    ) -> Postures | None:
        """What losses come to in those of some postures that are safe.

        The nominal topology is the first; None: it has no solution.
        """
        actions = situation.actions
        topologies = np.array([topology_of(actions, state.topology, one) for one in postures])
        loads = self._batch.loads_in(state, topologies)
        if not loads[0] < np.inf:
            return None
        loads[0] = 0.0
        safe = np.flatnonzero(loads <= self._highest)
        shares = self._attacks.losses.shares(situation, state, topologies[safe])
        after = self._attacks.losses.loads(situation, state, topologies[safe])
        assert after is not None  # there is all the time
        lost, corrected = (np.minimum(loads, NO_SOLUTION) for loads in after)
        rounded = (np.round(array, 4).tolist() for array in (shares, lost, corrected))
        return Postures([list(postures[one]) for one in safe.tolist()], *rounded)
