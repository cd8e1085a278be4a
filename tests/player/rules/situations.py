"""Rules, managers and situations for tests, on real grids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.grid import Grid
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.outcome import Outcome, Simulator
from powrl.player.rules.decision import Decision
from powrl.player.rules.manager import OverloadManager
from powrl.player.rules.memory import EpisodeMemory
from powrl.player.rules.rule import Rule
from powrl.player.rules.settings import OverloadSettings
from powrl.player.rules.situation import ManagerSettings, Situation
from powrl.reduction.enumeration import unitary_topologies

SIMULATOR = ForecastSimulator()


def legal_in_order(situation: Situation) -> np.ndarray:
    """The ranking of an agent without a policy."""
    return np.flatnonzero(situation.allowed)


def grid_of(environment: Any, **changes: Any) -> Grid:
    """The grid of an environment, but for some fields."""
    return replace(Grid.from_grid2op(environment.action_space), **changes)


def actions_of(environment: Any, maximum_elements: int | None = None) -> ActionSet:
    layout = GridLayout.from_grid2op(environment)
    if maximum_elements is None:
        return unitary_topologies(layout)
    return unitary_topologies(layout, maximum_elements=maximum_elements)


def manager_of(
    environment: Any,
    simulator: Any = SIMULATOR,
    grid: Grid | None = None,
    actions: ActionSet | None = None,
    folders: Sequence[Any] = (),
    **settings: Any,
) -> OverloadManager:
    """The manager that has all topologies of the environment to choose from."""
    return OverloadManager(
        grid or grid_of(environment),
        actions or actions_of(environment),
        simulator,
        OverloadSettings(**settings),
        folders,
    )


def situation_of(
    environment: Any,
    observation: Any,
    simulator: Any = SIMULATOR,
    rank: Callable[[Situation], Any] = legal_in_order,
    memory: EpisodeMemory | None = None,
    clock: Clock | None = None,
    actions: ActionSet | None = None,
    **settings: Any,
) -> Situation:
    """A step in which nothing is simulated yet."""
    return Situation(
        observation,
        observation,
        memory or EpisodeMemory(),
        clock or Clock(),
        OverloadSettings(**settings).part(ManagerSettings),
        simulator,
        actions or actions_of(environment),
        Decision(GridAction.nothing(Positions.from_grid2op(environment))),
        rank,
    )


def rule_of(kind: type[Rule], environment: Any, simulator: Any = SIMULATOR, **settings: Any) -> Any:
    """A rule on the grid of an environment, or why it cannot be had there."""
    part = OverloadSettings(**settings).part(kind.Settings)
    return kind.create(grid_of(environment), simulator, part)


def changed_by(
    kind: type[Rule],
    environment: Any,
    observation: Any,
    simulator: Any = SIMULATOR,
    **settings: Any,
) -> Decision | None:
    """What one rule makes of doing nothing; None: it leaves it."""
    situation = situation_of(environment, observation, simulator, **settings)
    rule = rule_of(kind, environment, simulator, **settings)
    decision = rule.apply(situation, situation.nothing)
    return None if decision is situation.nothing else decision


class RuleAlone:
    """One rule, asked step after step of one episode."""

    def __init__(
        self, kind: type[Rule], environment: Any, simulator: Simulator, **settings: Any
    ) -> None:
        self.rule = rule_of(kind, environment, simulator, **settings)
        self.memory = EpisodeMemory()
        self._of_step = {"environment": environment, "simulator": simulator, **settings}
        self._actions = actions_of(environment, maximum_elements=4)

    def decide(self, observation: Any, clock: Clock | None = None) -> Decision | None:
        """What the rule makes of doing nothing; None: it leaves it."""
        situation = situation_of(
            observation=observation,
            memory=self.memory,
            clock=clock,
            actions=self._actions,
            **self._of_step,
        )
        decision = self.rule.apply(situation, situation.nothing)
        return None if decision is situation.nothing else decision


class Scripted:
    """A simulator whose outcomes are given: to try each branch of a rule."""

    batch = None

    def __init__(self, loads: Sequence[float], batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.sizes: list[int] = []
        self._loads: Iterator[float] = iter(loads)

    def state_of(self, observation: Any) -> None:
        del observation

    def evaluate(self, observation: Any, actions: Sequence[Any]) -> list[Outcome]:
        del observation
        self.sizes.append(len(actions))
        loads = [next(self._loads) for _ in actions]
        return [
            Outcome(np.array([load]), legal=True, game_over=bool(np.isinf(load))) for load in loads
        ]


def play(environment: Any, action: GridAction) -> tuple[Any, ...]:
    """One step of grid2op."""
    return environment.step(action.to_grid2op(environment.action_space))


def wait(environment: Any) -> Any:
    """One step in which nothing is done."""
    observation, _, done, _ = environment.step(environment.action_space({}))
    assert not done
    return observation


def disconnect(environment: Any, line: int, cooldown: int = 0) -> Any:
    """Open a line, and wait until so many steps are left of its cooldown."""
    observation, _, done, _ = environment.step(
        environment.action_space({"set_line_status": [(line, -1)]})
    )
    assert not done
    while observation.time_before_cooldown_line[line] > cooldown:
        observation = wait(environment)
    return observation


def split(environment: Any) -> Any:
    """Put a substation on two busbars."""
    observation = environment.get_obs()
    action = next(action for action in actions_of(environment) if 2 in action.busbars)
    built = GridAction.of_substation(
        Positions.from_grid2op(environment),
        action.substation,
        action.busbars,
        observation.topo_vect,
    )
    observation, _, done, info = play(environment, built)
    assert not done
    assert not info["is_illegal"]
    return observation


def overload(environment: Any, loads: Sequence[float] = (1.3, 1.1, 1.0, 1.0)) -> Any:
    """Lower limits so that the most loaded lines have these loads, and go on one step."""
    rho = environment.get_obs().rho
    limits = environment.get_thermal_limit()
    worst = np.argsort(-rho)[: len(loads)]
    limits[worst] *= rho[worst] / np.array(loads)
    environment.set_thermal_limit(limits)
    return wait(environment)
