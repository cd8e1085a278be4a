"""`PowRLAgent`: overload manager and policy behind grid2op's ``BaseAgent``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from grid2op.Agent import BaseAgent

from .actions.action_set import ActionSet
from .actions.grid_action import require_topology_actions
from .agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from .errors import ConfigurationError, GridMismatchError, count
from .grid.grid import Grid
from .grid.grid2op_objects import ActionSpace, Environment, Grid2opAction, GridSizes
from .grid.layout import GridLayout
from .grid.observation import Observation
from .lookahead.make_simulator import choose_simulator
from .lookahead.outcome import Simulator
from .plugins import PLUGIN_ERRORS
from .policy.features import Features
from .policy.network import Policy
from .rules.decision import Decision
from .rules.manager import OverloadManager
from .rules.situation import Situation

log = logging.getLogger(__name__)


class PowRLAgent(BaseAgent):
    """The overload manager, with a policy that ranks its candidate actions or without.

    Parameters
    ----------
    action_space:
        grid2op's action space of the environment that is played.
    settings, actions, policy:
        What `load_agent` reads from an agent folder.
    simulator:
        Evaluates candidate actions.
    on_decision:
        Called with every observation and decision, for instance to log them.

    Attributes
    ----------
    failed_decisions:
        How many decisions failed in `act`, which did nothing in their place.
    cut_decisions:
        How many decisions a clock ended before they were complete.

    Raises
    ------
    PowrlError
        The policy does not fit the features of this grid or the action set, or a rule does not
        fit the grid.
    """

    def __init__(
        self,
        action_space: ActionSpace,
        settings: AgentSettings,
        actions: ActionSet,
        policy: Policy | None,
        simulator: Simulator,
        on_decision: Callable[[Observation, Decision], None] | None = None,
    ) -> None:
        super().__init__(action_space)
        self.settings = settings
        require_topology_actions(action_space)
        grid = Grid.from_grid2op(action_space)
        require_fit(grid, settings, actions, policy)
        self.policy = policy
        self.features: Features | None = None
        if settings.observation and policy is not None:
            self.features = Features(
                settings.observation, settings.plugin_folders, policy.n_features
            )
        self.manager = OverloadManager(
            grid, actions, simulator, settings.overload, settings.plugin_folders
        )
        self.on_decision = on_decision
        self.failed_decisions = 0
        self.cut_decisions = 0

    def reset(self, obs: Observation) -> None:
        """Begin another episode (grid2op's ``BaseAgent.reset``); `act` finds out by itself, too."""
        self.manager.reset()

    def act(self, observation: Observation, reward: float, done: bool = False) -> Grid2opAction:
        """The action for one step (grid2op's ``BaseAgent.act``).

        An error of a decision ends no episode: nothing is done in its place, and the log has its
        traceback and the state (level ERROR). `decide` raises it.
        """
        with self.manager.time.counting_all():
            try:
                situation = self.manager.situation(observation, self.rank)
                decision = self._decided(situation)
                action = decision.action.to_grid2op(self.action_space)
            except PLUGIN_ERRORS:  # a competition ends with the first that is raised
                self.failed_decisions += 1
                log.exception("a decision failed, nothing is done; %s", _described(observation))
                nothing: Grid2opAction = self.action_space()
                return nothing
            try:
                warned = self.manager.warn(situation, decision)
                if warned is decision:
                    return action
                return warned.action.to_grid2op(self.action_space)
            except PLUGIN_ERRORS:  # as above
                self.failed_decisions += 1
                log.exception("no warning is raised; %s", _described(observation))
            return action

    def decide(self, observation: Observation) -> Decision:
        """The decision for one step, without warnings.

        Parameters
        ----------
        observation:
            An observation of grid2op or of the episode stepper.
        """
        return self._decided(self.manager.situation(observation, self.rank))

    def _decided(self, situation: Situation) -> Decision:
        decision = self.manager.decide_in(situation)
        self.cut_decisions += decision.cut
        if self.on_decision is not None:
            self.on_decision(situation.observation, decision)
        return decision

    def rank(self, situation: Situation) -> np.ndarray:
        """The legal actions, those first that the policy prefers; without one, in their order."""
        if self.policy is None or self.features is None:
            return np.flatnonzero(situation.allowed)
        return self.policy.rank(self.features(situation.observation), situation.allowed)


def _described(observation: Observation) -> str:
    """The state, as far as decisions depend on it."""
    names = [
        *("current_step", "rho", "topo_vect", "timestep_overflow", "actual_dispatch"),
        *("time_before_cooldown_line", "time_before_cooldown_sub"),
    ]
    state = {name: np.asarray(getattr(observation, name, None)).tolist() for name in names}
    return f"state: {json.dumps(state)}"


def require_fit(
    grid: GridSizes, settings: AgentSettings, actions: ActionSet, policy: Policy | None
) -> None:
    """Refuse a policy for other features or actions than the agent's, or a missing one.

    Postures that are no actions of the agent are refused, too.

    Parameters
    ----------
    grid:
        The sizes of the grid.

    Raises
    ------
    PowrlError
        The sizes differ.
    """
    for key in ("postures", "posture_additions"):
        beyond = [one for one in getattr(settings.overload, key) if one >= len(actions)]
        if beyond:
            raise ConfigurationError(
                f"overload.{key}: there is no action {beyond[0]}; the agent has {len(actions)}, "
                "numbered from 0."
            )
    if policy is None:
        if settings.observation:
            raise ConfigurationError(
                "the agent has features but no policy; give one, or no features."
            )
        return
    features = Features(settings.observation, settings.plugin_folders)
    if not features.fit(grid, policy.n_features) or policy.n_actions != len(actions) + 1:
        raise GridMismatchError(
            f"the policy is for {count(policy.n_features, 'feature')} and "
            f"{count(policy.n_actions - 1, 'action')}, but the agent has "
            f"{features.size(grid)} and {len(actions)}; export it again."
        )


def load_agent(folder: str | Path, environment: Environment) -> PowRLAgent:
    """Load an agent folder for a grid2op environment; `choose_simulator` has its simulator.

    Raises
    ------
    PowrlError
        The folder is missing or damaged, or the agent is for another grid (the first difference
        is named).
    """
    folder = Path(folder)
    settings = AgentSettings.load(folder)
    actions = ActionSet.load(folder / ACTIONS_FILE, GridLayout.from_grid2op(environment))
    return PowRLAgent(
        environment.action_space,
        settings,
        actions,
        load_policy(folder, settings),
        choose_simulator(environment),
    )
