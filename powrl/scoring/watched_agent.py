"""A grid2op agent that plays another one and measures it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from time import perf_counter  # an agent may replace that of the module
from typing import Any

from grid2op.Action import BaseAction
from grid2op.Agent import BaseAgent

from ..player.grid.observation import Observation
from ..player.rules.decision import Decision
from ..submission.server_kit.manipulations import Manipulations
from .isolation.pulse import called
from .lean_runs import EnvironmentMadeOnce
from .recorded_decisions import DecisionRecorder


class WatchedAgent(BaseAgent):
    """Plays `agent`, keeping the time of each of its decisions.

    Parameters
    ----------
    agent:
        The agent that decides.
    guard:
        Entered around each call of `agent`.
    tells_decisions:
        Whether `agent` has an `on_decision` hook.
    log:
        Called after each decision with the observation and the decision that `agent` passed to
        its hook. Its time is not counted.
    manipulations:
        Looks at what `agent` changes, of agents of any origin.
    parameters:
        Parameters that the environment should have, where they need a look.

    Attributes
    ----------
    seconds:
        Time that each ``act`` took.
    reasons:
        What `agent` said of each decision; none where it has no `on_decision` hook.
    recorder:
        All that was simulated for these decisions.
    """

    def __init__(
        self,
        agent: BaseAgent,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
        tells_decisions: bool = False,
        log: Callable[[Observation, Decision], None] | None = None,
        manipulations: Manipulations | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(agent.action_space)
        self._guard = guard
        self.seconds: list[float] = []
        self._agent = agent
        self._log = log
        self._manipulations, self._parameters = manipulations, parameters
        self._decisions: list[Decision] = []
        self.reasons: list[str] = []
        self.recorder = DecisionRecorder()
        self._tells = tells_decisions
        if tells_decisions:
            with guard():
                agent.on_decision = lambda _observation, decision: self._decisions.append(decision)

    def count(self, attribute: str) -> int:
        """A count that an agent of powrl keeps; 0 of other agents, and of older ones without it."""
        if not self._tells:
            return 0
        with self._guard():
            value = getattr(self._agent, attribute, 0)
            return value if isinstance(value, int) else 0

    def seed(self, seed: int) -> Any:
        """Seed the agent (grid2op's ``BaseAgent.seed``)."""
        with self._guard():
            return self._agent.seed(seed)

    def reset(self, obs: Observation) -> None:
        """A new episode starts (grid2op's ``BaseAgent.reset``)."""
        environment = EnvironmentMadeOnce.played
        reset: Callable[..., Any] = self._agent.reset
        if self._manipulations is not None and environment is not None:
            self._manipulations.begin(self._parameters, environment, obs)
            reset = partial(self._manipulations.watched, reset)
        with called(), self._guard():
            reset(obs)

    def act(self, observation: Observation, reward: float, done: bool = False) -> Any:
        """The agent's action for one step (grid2op's ``BaseAgent.act``)."""
        with called(), self._guard():
            action = self._measured(observation, reward, done)
            _require_playable(action, self.action_space)
        if self._tells and not self._decisions:
            self.reasons.append("failed: do nothing")  # `powrl.player.agent.PowRLAgent.act`
        for decision in self._decisions:
            with self._guard():
                self.recorder.add(len(self.reasons), decision)
                self.reasons.append(f"{decision.rule}: {decision.choice}")
            if self._log is not None:
                self._log(observation, decision)
        self._decisions.clear()
        return action

    def _act(self, observation: Observation, reward: float, done: bool) -> Any:
        start = perf_counter()
        try:
            return self._agent.act(observation, reward, done)
        finally:
            self.seconds.append(perf_counter() - start)

    def _measured(self, observation: Observation, reward: float, done: bool) -> Any:
        if self._manipulations is None:
            return self._act(observation, reward, done)
        return self._manipulations.watched(self._act, observation, reward, done)


_SIZES = ("n_sub", "n_line", "n_gen", "n_load", "n_storage", "dim_topo")


def _require_playable(action: object, space: Any) -> None:
    """Refuse what grid2op's ``step`` would fail on, with an error that names no agent."""
    if not isinstance(action, BaseAction):
        raise TypeError(f"act returned a {type(action).__name__}, not an action")
    if any(getattr(action, name) != getattr(space, name) for name in _SIZES):
        raise TypeError(f"act returned an action of another environment, {action.env_name}")
