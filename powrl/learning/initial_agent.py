"""An agent that a training starts from: fine-tuning."""

from __future__ import annotations

from pathlib import Path

from ..configuration.sections import Configuration
from ..errors import ConfigurationError
from ..player.actions.action_set import ActionSet
from ..player.agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from ..workspace.shipped import find_agent
from .algorithms.base import Algorithm


class InitialAgent:
    """The policy of an agent, from which a training goes on.

    Its weights and its normalisation are taken; the value function is learned anew.

    Parameters
    ----------
    agent:
        Folder of an agent, or the name of a shipped one.

    Raises
    ------
    PowrlError
        There is no such agent, it is damaged, or it has no policy.
    """

    def __init__(self, agent: str | Path) -> None:
        self._folder = find_agent(str(agent))
        self._settings = AgentSettings.load(self._folder)
        policy = load_policy(self._folder, self._settings)
        if policy is None:
            raise ConfigurationError(
                f"--init {agent}: the agent has no policy to start from; give another one."
            )
        self._policy = policy

    def initialise(
        self, algorithm: Algorithm, configuration: Configuration, actions: ActionSet
    ) -> None:
        """Bring an untrained algorithm to the policy of the agent.

        Raises
        ------
        ConfigurationError
            The agent reads other features, ranks other actions, or has other layers.
        GridMismatchError
            It is for another grid.
        """
        if self._settings.observation != configuration.observation:
            raise ConfigurationError(
                f"--init {self._folder}: the agent reads {list(self._settings.observation)}, the "
                f"configuration has {list(configuration.observation)}; set observation alike."
            )
        own = ActionSet.load(self._folder / ACTIONS_FILE, actions.layout)
        if own.actions != actions.actions:
            raise ConfigurationError(
                f"--init {self._folder}: the agent has other actions; set "
                f"actions={self._folder / ACTIONS_FILE}."
            )
        algorithm.start_from(self._policy)
