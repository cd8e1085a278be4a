"""The conformance test of a rule of the overload manager."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from ..environments.episodes import start_episode
from ..player.actions.grid_action import GridAction
from ..player.actions.operator_warnings import Alarm, Alert
from ..player.agent_folder import AgentSettings
from ..player.grid.grid import Grid
from ..player.grid.grid2op_objects import Environment
from ..player.grid.layout import GridLayout
from ..player.lookahead.forecast import ForecastSimulator
from ..player.lookahead.make_simulator import choose_simulator
from ..player.lookahead.outcome import Simulator
from ..player.plugins import load_plugin
from ..player.rules.decision import Decision
from ..player.rules.manager import OverloadManager
from ..player.rules.order import RULES
from ..player.rules.rule import Phase, Rule
from ..player.rules.settings import OverloadSettings
from ..player.rules.situation import Situation
from ..reduction.enumeration import unitary_topologies
from ..submission.plugins import travelling_plugins
from .surroundings import SMALLEST, Place, Unchanged, opened, require, stressed

_WARNINGS = (Alarm, Alert)


def check_rule(
    rule: str | type[Rule],
    settings: Mapping[str, Any] | None = None,
    environment: Place = SMALLEST,
    *,
    steps: int = 8,
    seed: int = 0,
    folders: Sequence[Path] = (),
) -> None:
    """Require that a rule can take part in decisions, in training and in a submission.

    Its class has to have the shape of `powrl.Rule`, and its file to run on a server (Python 3.8
    with numpy, scipy, grid2op and ``powrl.player``). In a calm and in an overloaded episode `apply`
    has to return a `powrl.Decision`, whose action is legal wherever the rule changed it; to leave
    its observation as it is; to simulate by ``situation.simulate`` alone, which counts and
    remembers what was simulated; and to decide alike when the same episode is played again. A rule
    of the phase WARNING has to leave the grid alone.

    Parameters
    ----------
    rule:
        A subclass of `powrl.Rule` at the top of a module, or its name as ``module:name``.
    settings:
        Values of its settings; the others have their defaults.
    environment:
        Name of an environment bundled with grid2op, environment folder, or environment of grid2op.
    steps:
        Steps of each of the two episodes, which are played twice.
    seed:
        Seed of the episodes.
    folders:
        Where the module of a name is looked for first.

    Raises
    ------
    AssertionError
        The rule fails one of the requirements; the sentence says which.
    PowrlError
        It has another shape, an impossible setting, or cannot travel; or the environment cannot be
        opened.

    Examples
    --------
    >>> check_rule("powrl.player.rules.reconnection:Reconnection")
    >>> check_rule("my_rules:Disconnection", {"limit": 1.2})  # doctest: +SKIP
    """
    reference = rule if isinstance(rule, str) else _reference(rule)
    plugins = {} if _is_shipped(reference) else {reference: dict(settings or {})}
    values = plugins or dict(settings or {})
    overload = OverloadSettings(**values)
    kind = load_plugin(reference, folders)
    if plugins:
        _require_travels(reference, overload, folders)
    with opened(environment) as played:
        manager = _manager(played, overload, folders)
        own = _rule_of(manager, kind, reference)
        judge = _Judge(manager, own)
        for context in (_calm, stressed):
            with context(played, seed):
                once, again = (judge.play(played, steps, seed) for _ in range(2))
                require(
                    once == again,
                    f"the rule {own.name} decides otherwise when the same episode is played again; "
                    "keep what it remembers in situation.memory, and draw nothing at random.",
                )


def _reference(rule: type[Rule]) -> str:
    require(
        "." not in rule.__qualname__,
        f"the rule {rule.__qualname__} has to stand at the top of a module.",
    )
    return f"{rule.__module__}:{rule.__name__}"


def _is_shipped(reference: str) -> bool:
    return reference in {f"{rule.__module__}:{rule.__name__}" for rule in RULES}


def _require_travels(reference: str, overload: OverloadSettings, folders: Sequence[Path]) -> None:
    """Require that a zip can carry the file of a rule, wherever that lies now."""
    kind = load_plugin(reference, folders)
    module = reference.partition(":")[0]
    file = inspect.getsourcefile(kind) or sys.modules[kind.__module__].__file__
    require(bool(file), f"the rule {reference} has no file, so that no zip can carry it.")
    folder = Path(str(file)).resolve().parents[module.count(".")]
    travelling_plugins(AgentSettings("any", (), overload, (*folders, folder)))


def _manager(
    environment: Environment, overload: OverloadSettings, folders: Sequence[Path]
) -> OverloadManager:
    environment.reset()
    return OverloadManager(
        Grid.from_grid2op(environment.action_space),
        unitary_topologies(GridLayout.from_grid2op(environment)),
        choose_simulator(environment),
        overload,
        folders,
    )


def _rule_of(manager: OverloadManager, kind: type[Rule], reference: str) -> Rule:
    of_kind = [rule for rule in manager.rules if type(rule) is kind]
    require(
        bool(of_kind),
        f"the rule {reference} is off or cannot be had on this environment; the log of powrl says "
        "why (level INFO). Give other settings or another environment.",
    )
    return of_kind[0]


@contextmanager
def _calm(_environment: Environment, _seed: int) -> Iterator[None]:
    """Context in which an environment is as it is."""
    yield


class _Judge:
    """Plays episodes with a manager, and looks at all that one of its rules does."""

    def __init__(self, manager: OverloadManager, rule: Rule) -> None:
        self._manager, self._rule = manager, rule

    def play(self, environment: Environment, steps: int, seed: int) -> list[bytes]:
        """What the rule decided in each step, as bytes that can be compared."""
        observation = start_episode(environment, 0, seed)
        decided = []
        for _ in range(steps):
            situation = self._manager.situation(observation, _in_order)
            decision = Decision(GridAction.nothing(self._manager.grid.positions))
            for rule in self._rules_in(situation):
                if rule is self._rule:
                    decision = self._applied(situation, decision)
                    decided.append(_bytes_of(decision))
                else:
                    decision = rule.apply(situation, decision)
            action = decision.action.to_grid2op(environment.action_space)
            observation, _, done, _ = environment.step(action)
            if done:
                break
        return decided

    def _rules_in(self, situation: Situation) -> Iterator[Rule]:
        present = Phase.OVERLOAD if situation.is_overloaded else Phase.CALM
        phases = (present, Phase.ALWAYS)
        yield from (rule for rule in self._manager.rules if rule.phase in phases)
        yield from (rule for rule in self._manager.rules if rule.phase is Phase.WARNING)

    def _applied(self, situation: Situation, decision: Decision) -> Decision:
        subject = f"the rule {self._rule.name}"
        before = Unchanged(situation.observation)
        with _simulations_watched(self._rule.simulator, situation) as others:
            after = self._rule.apply(situation, decision)
        before.require(subject)
        require(
            isinstance(after, Decision) and isinstance(after.action, GridAction),
            f"{subject} returned {after!r}; return `decision`, or another powrl.Decision.",
        )
        require(
            not others,
            f"{subject} simulates by {', '.join(others)}; use situation.simulate, which counts "
            "and remembers what was simulated.",
        )
        if after.action is not decision.action:
            self._require_allowed(situation, decision, after)
        return after

    def _require_allowed(self, situation: Situation, before: Decision, after: Decision) -> None:
        subject = f"the rule {self._rule.name}"
        if self._rule.phase is Phase.WARNING:
            require(
                _of_grid(before.action) == _of_grid(after.action),
                f"{subject} of the phase WARNING changes the grid; change alarms and alerts alone.",
            )
        (outcome,) = ForecastSimulator().evaluate(situation.observation, [after.action])
        require(
            outcome.legal,
            f"{subject} chose {after.choice!r}, which is illegal or ambiguous in step "
            f"{situation.observation.current_step}; look at the cooldowns of lines and "
            "substations.",
        )


def _in_order(situation: Situation) -> np.ndarray:
    return np.flatnonzero(situation.allowed)


def _bytes_of(decision: Decision) -> bytes:
    parts = [part.values.tobytes() for part in decision.action.parts]
    return b"|".join([decision.rule.encode(), decision.choice.encode(), *parts])


def _of_grid(action: GridAction) -> list[bytes]:
    """All parts of an action but its warnings to operators."""
    parts = [part for part in action.parts if not isinstance(part, _WARNINGS)]
    return [part.values.tobytes() for part in parts]


@contextmanager
def _simulations_watched(simulator: Simulator, situation: Situation) -> Iterator[list[str]]:
    """Context that notes what is simulated behind the back of a situation.

    A situation without the state of its step simulates by these functions itself.
    """
    calls: list[str] = []

    def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            return function(*arguments, **options)

        return call

    with ExitStack() as stack:
        if situation.state is not None:
            for owner, name, text in (
                (simulator, "evaluate", "simulator.evaluate"),
                (situation.observation, "simulate", "observation.simulate"),
            ):
                watched = noted(text, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, watched))
        yield calls
