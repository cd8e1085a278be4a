"""An agent by its name or folder, ready to play."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigurationError, wrong_value
from ..player import agent as player_agent
from ..player.agent import PowRLAgent
from ..player.grid.grid2op_objects import Environment
from .shipped import find_agent


def load_agent(agent: str | Path, environment: Environment) -> PowRLAgent:
    """Load an agent for a grid2op environment.

    Parameters
    ----------
    agent:
        Folder of an agent or of its training, or ``<environment>/<name>`` of a shipped one.
    environment:
        What it will play; it has been reset.

    Returns
    -------
    PowRLAgent
        An agent of grid2op, whose `act` takes an observation.

    Raises
    ------
    ConfigurationError
        There is no such agent, its folder is damaged, or the environment is none.
    GridMismatchError
        It is for another grid; the first difference is named.

    Examples
    --------
    >>> import grid2op
    >>> environment = grid2op.make("l2rpn_case14_sandbox", test=True)
    >>> observation = environment.reset()
    >>> agent = powrl.load_agent("l2rpn_case14_sandbox/powrl", environment)
    >>> observation, reward, done, info = environment.step(agent.act(observation, 0.0))
    """
    folder = find_agent(str(agent))
    if not hasattr(environment, "action_space"):
        raise ConfigurationError(wrong_value("environment", environment, "one of grid2op"))
    return player_agent.load_agent(folder, environment)
