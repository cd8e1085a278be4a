"""The stages of a check: opening the environment, importing the submission, playing episodes."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from .findings import Result, UnusableError, failure
from .manipulations import Manipulations


def backend() -> Any:
    """lightsim2grid's, or grid2op's own where a server had no lightsim2grid."""
    try:
        from lightsim2grid import LightSimBackend
    except ImportError:
        from grid2op.Backend import PandaPowerBackend

        return PandaPowerBackend()
    return LightSimBackend()


def open_environment(job: dict[str, Any], **make: Any) -> Any:
    """The environment of the job."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grid2op warns of its own defaults
        import grid2op

        return grid2op.make(job["environment"], test=job["bundled"], backend=backend(), **make)


def mixes(environment: Any) -> list[Any]:
    """The mixes of a multi-mix environment, which closes them when it goes; else it alone."""
    from grid2op.Environment import MultiMixEnvironment

    return list(environment) if isinstance(environment, MultiMixEnvironment) else [environment]


def open_template(job: dict[str, Any]) -> Any:
    """What the kits give to make_agent: ``ChangeNothing`` chronics, no opponent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what grid2op could do without
        from grid2op.Action import DontAct
        from grid2op.Chronics import ChangeNothing
        from grid2op.Opponent import BaseOpponent, NeverAttackBudget

    # what grid2op.Opponent.get_kwargs_no_opponent gives, which old versions lack
    return open_environment(
        job,
        chronics_class=ChangeNothing,
        opponent_class=BaseOpponent,
        opponent_action_class=DontAct,
        opponent_budget_class=NeverAttackBudget,
        opponent_init_budget=0.0,
        opponent_budget_per_ts=0.0,
        opponent_attack_duration=0,
        opponent_attack_cooldown=99_999_999,
    )


def import_submission() -> Any:
    """The package ``submission``, with its function make_agent."""
    submission = importlib.import_module("submission")
    if not callable(getattr(submission, "make_agent", None)):
        raise UnusableError("submission/__init__.py has no function make_agent")
    return submission


def make_agent(function: Callable[[Any, str], Any], template: Any, folder: Path) -> Any:
    """The agent of a submission's function make_agent; grid2op's runner must accept it."""
    from grid2op.Agent import BaseAgent

    agent = function(template, str(folder))
    if not isinstance(agent, BaseAgent):
        raise UnusableError(
            f"make_agent returned a {type(agent).__name__}; return a grid2op.Agent.BaseAgent"
        )
    return agent


def rewards(submission: Any) -> dict[str, Any]:
    """The submission's own rewards, which the kits hand to the environment."""
    options = {
        "reward_class": getattr(submission, "reward", None),
        "other_rewards": getattr(submission, "other_rewards", None),
    }
    return {name: value for name, value in options.items() if value is not None}


class Timed:
    """The ``act`` of an agent, with the seconds that each decision took."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self.seconds: list[float] = []

    def act(self, observation: Any, reward: float, done: bool) -> Any:
        """What the agent's own returns."""
        begin = perf_counter()
        action = self._agent.act(observation, reward, done)
        self.seconds.append(perf_counter() - begin)
        return action


def play(
    agent: Any,
    environment: Any,
    scenario: int,
    job: dict[str, Any],
    result: Result,
    begin_watch: Callable[[Any, Any], Manipulations],
) -> None:
    """Play the first steps of a scenario; the episode is added to the result when it ends."""
    environment.seed(job["seed"])
    environment.set_id(scenario)
    observation = environment.reset()
    name = Path(environment.chronics_handler.get_id()).name
    limit = min(job["steps"], int(environment.max_episode_duration()))
    result.where = f"scenario {name}"
    result.write()
    manipulations = begin_watch(environment, observation)
    begin = perf_counter()
    agent.seed(job["seed"])
    manipulations.watched(agent.reset, observation)
    reset_seconds = perf_counter() - begin
    failed_before = int(getattr(agent, "failed_decisions", 0))  # powrl's agents count them
    result.episodes.append(
        {
            "scenario": name,
            **_steps(agent, environment, observation, limit, result, manipulations),
            "failed": int(getattr(agent, "failed_decisions", 0)) - failed_before,
            "length": int(environment.max_episode_duration()),
            "reset_seconds": reset_seconds,
        }
    )
    manipulations.end()
    result.manipulations = manipulations.to_list()


def _steps(
    agent: Any,
    environment: Any,
    observation: Any,
    limit: int,
    result: Result,
    manipulations: Manipulations,
) -> dict[str, Any]:
    """Play to the end of an episode, or so many steps: what there is to say of them."""
    from grid2op.Action import BaseAction

    timed, where = Timed(agent), result.where
    illegal = ambiguous = 0
    reward, done = float(environment.reward_range[0]), False
    while not done and len(timed.seconds) < limit:
        result.where = f"{where}, step {len(timed.seconds)}"
        action = manipulations.watched(timed.act, observation, reward, done)
        if not isinstance(action, BaseAction):
            raise UnusableError(
                f"act returned a {type(action).__name__}; return an action of its action space"
            )
        observation, reward, done, info = environment.step(action)
        illegal += bool(info["is_illegal"])
        ambiguous += bool(info["is_ambiguous"])
    game_over = done and environment.nb_time_step < environment.max_episode_duration()
    return {
        "steps": len(timed.seconds),
        "game_over": bool(game_over),
        "illegal": illegal,
        "ambiguous": ambiguous,
        "act_seconds": sum(timed.seconds),
        "worst_act_seconds": max(timed.seconds, default=0.0),
    }


def run(job: dict[str, Any], result: Result) -> None:
    """All stages, in order."""
    template = open_template(job)
    before = set(sys.modules)
    manipulations = Manipulations()
    parameters = [mix.parameters.to_dict() for mix in mixes(template)]
    result.enter("import")
    submission = import_submission()
    result.enter("make_agent")
    begin = perf_counter()
    folder = Path(job["root"]) / "submission"
    agents = [make_agent(submission.make_agent, mix, folder) for mix in mixes(template)]
    result.make_agent_seconds = perf_counter() - begin
    result.enter("play")
    from grid2op.Chronics import Multifolder

    environment = open_environment(job, chronics_class=Multifolder, **rewards(submission))
    for agent, mix, expected in zip(agents, mixes(environment), parameters):
        available = len(mix.chronics_handler.real_data.subpaths)
        for scenario in range(min(available, job["scenarios"])):
            play(agent, mix, scenario, job, result, partial(manipulations.begin, expected))
    loaded = sys.modules.keys() - before
    result.imported = sorted(loaded.intersection(job["others"]))
    result.enter("end")


def attempt(job: dict[str, Any], result: Result) -> None:
    """`run`, with its error as the result's failure."""
    try:
        run(job, result)
    except BaseException as error:  # noqa: BLE001  whatever the submission raises is a finding
        result.failure = failure(error, Path(job["root"]))
        result.write()
