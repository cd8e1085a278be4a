"""The conformance test of an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..environments.episodes import start_episode
from ..environments.opening import Scenarios, open_environment
from ..errors import PowrlError
from ..player.grid.grid2op_objects import Environment
from ..scoring.contestants.base import AgentMaker, Contestant, ReadyContestant
from ..scoring.contestants.own import AgentFolder
from ..scoring.contestants.parsing import parse_contestants
from ..scoring.contestants.third_party import Submission
from ..storage.temporary import temporary_folder
from ..submission.functions import package
from .surroundings import Unchanged, require, scenarios_of, stressed

if TYPE_CHECKING:
    from grid2op.Agent import BaseAgent

Agent: TypeAlias = "str | Path | AgentMaker"


def check_agent(
    agent: Agent, environment: str | Path | None = None, *, steps: int = 8, seed: int = 0
) -> None:
    """Require that an agent can be scored and submitted.

    In an episode as it is, and in one that begins with an overload, each action has to be one of
    the environment's action space, legal and unambiguous, and the observation has to be as it was.
    From the same seed a second agent has to act alike, and so has the first one after a reset. An
    agent folder of powrl has to act alike from its submission zip, too.

    Parameters
    ----------
    agent:
        A function ``environment -> grid2op.Agent.BaseAgent``; or what `powrl.score` takes: an agent
        folder, the ``<environment>/<name>`` of a shipped agent, a submission zip, or
        ``module:make_agent``. The code of a zip runs with your rights.
    environment:
        Name of an environment bundled with grid2op, or an environment folder. It may be left out
        for an agent folder and for a zip of ``powrl package``, which name theirs.
    steps:
        Steps of each episode.
    seed:
        Seed of the episodes and of the agent.

    Raises
    ------
    AssertionError
        The agent fails one of the requirements; the sentence says which.
    PowrlError
        It is damaged, fails, or is for another grid; or the environment cannot be opened.

    Examples
    --------
    >>> check_agent("rte_case14_realistic/powrl", steps=2)
    >>> from grid2op.Agent import DoNothingAgent
    >>> def make(environment):
    ...     return DoNothingAgent(environment.action_space)
    >>> check_agent(make, "rte_case14_realistic", steps=2)
    """
    with temporary_folder("powrl-testing-") as temporary:
        played = _contestant(agent)
        place = environment or (played.environment if played else None)
        if place is None:
            raise PowrlError("the agent names no environment; give one.")
        scenarios = scenarios_of(place)
        once = _actions(agent, played, scenarios, temporary / "once", steps, seed)
        if not isinstance(played, AgentFolder):
            return
        zipped = Submission(played.name, package(played.path, temporary / "agent.zip"))
        carried = _actions(agent, zipped, scenarios, temporary / "carried", steps, seed)
        require(
            _same(once, carried), f"the agent {played.name} acts otherwise from its submission zip."
        )


def _contestant(agent: Agent) -> Contestant | None:
    """What `powrl.score` makes of an agent, or None: it is a function."""
    if callable(agent):
        return None
    return parse_contestants([str(agent)], baselines=False)[0]


def _actions(
    agent: Agent,
    contestant: Contestant | None,
    scenarios: Scenarios,
    private: Path,
    steps: int,
    seed: int,
) -> list[np.ndarray]:
    """All actions of an agent in both episodes, which it has to repeat."""
    with ExitStack() as stack:
        if contestant is None:
            assert callable(agent)
            ready = ReadyContestant(agent)
        else:
            ready = stack.enter_context(contestant.open(scenarios, private))
        guard = nullcontext if contestant is None else contestant.guard
        environment = stack.enter_context(
            closing(open_environment(scenarios, cached=True, **ready.rewards))
        )
        environment.reset()
        stage = _Stage(environment, guard, steps, seed)
        used, fresh = ready.make(environment), ready.make(environment)
        actions = []
        for context in (nullcontext(), stressed(environment, seed)):
            with context:
                once = stage.play(used)
                require(
                    _same(once, stage.play(fresh)),
                    "two agents act differently from the same seed; draw at random from "
                    "self.space_prng alone, which the seed fixes.",
                )
                require(
                    _same(once, stage.play(used)),
                    "the agent acts differently after a reset; forget the episode in `reset`.",
                )
                actions += once
        return actions


@dataclass(frozen=True)
class _Stage:
    """An environment that agents play on.

    Attributes
    ----------
    guard:
        Context around the agent's code.
    """

    environment: Environment
    guard: Callable[[], Any]
    steps: int
    seed: int

    def play(self, agent: BaseAgent) -> list[np.ndarray]:
        """The actions of an episode, each as grid2op's vector."""
        from grid2op.Action import BaseAction
        from grid2op.Agent import BaseAgent

        require(
            isinstance(agent, BaseAgent),
            f"the agent is a {type(agent).__name__}; derive it from grid2op.Agent.BaseAgent.",
        )
        observation = start_episode(self.environment, 0, self.seed)
        with self.guard():
            agent.seed(self.seed)
            agent.reset(observation)
        actions, reward = [], self.environment.reward_range[0]
        for step in range(self.steps):
            with self._observation_kept(observation), self.guard():
                action = agent.act(observation, reward, False)
            require(
                isinstance(action, BaseAction),
                f"`act` returned a {type(action).__name__} in step {step}; return an action of its "
                "action space.",
            )
            actions.append(action.to_vect())
            observation, reward, done, info = self.environment.step(action)
            require(
                not info["is_illegal"] and not info["is_ambiguous"],
                f"the action of step {step} is illegal or ambiguous: {info['exception']}; look at "
                "the cooldowns of lines and substations.",
            )
            if done:
                break
        return actions

    @contextmanager
    def _observation_kept(self, observation: Any) -> Iterator[None]:
        before = Unchanged(observation)
        yield
        before.require("the agent")


def _same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))
