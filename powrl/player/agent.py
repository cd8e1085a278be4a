"""`PowRLAgent`: overload manager and policy behind grid2op's ``BaseAgent``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Agent import BaseAgent

from .actions.action_set import ActionSet
from .errors import PowrlError
from .grid.action import require_topology_actions
from .grid.layout import GridLayout
from .grid.positions import Positions
from .lookahead.make_simulator import choose_simulator
from .lookahead.outcome import Simulator
from .plugins import PLUGIN_FOLDER, is_plugin
from .policy.features import Features
from .policy.network import Policy
from .rules.alarm import Alarms
from .rules.alert import Alerts
from .rules.decision import Decision
from .rules.manager import OverloadManager
from .rules.redispatching import redispatching_of
from .rules.settings import OverloadSettings

log = logging.getLogger(__name__)

FORMAT = "powrl agent 1"
AGENT_FILE, POLICY_FILE, ACTIONS_FILE, CARD_FILE = (
    "agent.json",
    "policy.npz",
    "actions.json",
    "README.md",
)


@dataclass(frozen=True)
class AgentSettings:
    """What `agent.json` holds.

    Attributes
    ----------
    environment:
        Name of the grid2op environment that the agent is for.
    observation:
        Groups of features that the policy reads, in order (`powrl.player.policy.features`). Without
        any the agent has no policy, and simulates its actions in the order of their file.
    overload:
        Thresholds of the overload manager.
    plugin_folders:
        Where the files of plug-ins lie; `agent.json` does not have it.
    """

    environment: str
    observation: tuple[str, ...]
    overload: OverloadSettings = field(default_factory=OverloadSettings)
    plugin_folders: tuple[Path, ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, Any]:
        """The body of `agent.json`."""
        body = {"format": FORMAT, **asdict(self)}
        del body["plugin_folders"]
        return body

    def plugins(self) -> tuple[str, ...]:
        """Return the references to all plug-ins that the agent needs."""
        return tuple(group for group in self.observation if is_plugin(group))

    @classmethod
    def load(cls, folder: Path) -> AgentSettings:
        """Read `agent.json` of an agent folder.

        Raises
        ------
        PowrlError
            It is missing, no JSON, or lacks, misspells or has an impossible value of a setting.
        """
        path = folder / AGENT_FILE
        if not folder.is_dir():
            raise PowrlError(f"there is no agent folder {folder}; powrl envs lists the agents.")
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PowrlError(f"the agent {folder} has no readable {AGENT_FILE}.") from error
        except (ValueError, RecursionError) as error:
            raise PowrlError(f"{path} is not readable as JSON ({error}).") from error
        known = {"format", *(each.name for each in fields(cls))} - {"plugin_folders"}
        if not isinstance(body, dict) or body.get("format") != FORMAT or set(body) != known:
            raise PowrlError(
                f"{path} needs the format {FORMAT!r} and just the keys {', '.join(sorted(known))}."
            )
        groups, environment = body["observation"], body["environment"]
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise PowrlError(f"{path}, observation: needs a list of groups of features.")
        if not isinstance(environment, str):
            raise PowrlError(f"{path}, environment: needs the name of an environment.")
        try:
            overload = OverloadSettings.of(body["overload"])
        except ValueError as error:
            raise PowrlError(f"{path}, overload: {error}.") from error
        return cls(environment, tuple(groups), overload, (folder / PLUGIN_FOLDER,))


class PowRLAgent(BaseAgent):
    """The overload manager, with a policy that ranks its candidate actions or without.

    Parameters
    ----------
    action_space:
        Of the grid2op environment that is played.
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

    Raises
    ------
    PowrlError
        The policy does not fit the features of this grid or the action set, or the agent raises
        alarms or alerts where there are none.
    """

    def __init__(
        self,
        action_space: Any,
        settings: AgentSettings,
        actions: ActionSet,
        policy: Policy | None,
        simulator: Simulator,
        on_decision: Callable[[Any, Decision], None] | None = None,
    ) -> None:
        super().__init__(action_space)
        self.settings = settings
        require_topology_actions(action_space)
        require_fit(action_space, settings, actions, policy)
        self.policy = policy
        self.features: Features | None = None
        if settings.observation and policy is not None:
            self.features = Features(
                settings.observation, settings.plugin_folders, policy.n_features
            )
        self.manager = OverloadManager(
            Positions.of(action_space),
            actions,
            simulator,
            settings.overload,
            redispatching_of(action_space, simulator, settings.overload),
        )
        self.on_decision = on_decision
        self.failed_decisions = 0
        self._alarms: Alarms | None = None
        if settings.overload.alarm:
            if not action_space.dim_alarms:
                raise PowrlError(
                    "the agent raises alarms, which this environment does not have; set "
                    "overload.alarm to false."
                )
            self._alarms = Alarms()
        self._alerts: Alerts | None = None
        if settings.overload.alert:
            if not getattr(action_space, "dim_alerts", 0):  # which grid2op has since 1.9.1
                raise PowrlError(
                    "the agent raises alerts, which this environment does not have; set "
                    "overload.alert to false."
                )
            self._alerts = Alerts(
                action_space.alertable_line_ids, Positions.of(action_space), simulator
            )

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        """The action for one step (grid2op's ``BaseAgent.act``).

        An error of a decision ends no episode: nothing is done in its place, and the log has its
        traceback and the state (level ERROR). `decide` raises it.
        """
        with self.manager.time.counting_all():
            try:
                decision = self.decide(observation)
                action = decision.action.to_grid2op(self.action_space)
            except Exception:  # a competition ends with the first that is raised
                self.failed_decisions += 1
                log.exception("a decision failed, nothing is done; %s", _described(observation))
                return self.action_space()
            try:
                self._warn(action, observation, decision)
            except Exception:  # as above
                self.failed_decisions += 1
                log.exception("no warning is raised; %s", _described(observation))
            return action

    def _warn(self, action: Any, observation: Any, decision: Decision) -> None:
        """Add the alarm or the alerts of a step to its action, while there is time."""
        if self.manager.time.is_spent:
            return
        area = self._alarms and self._alarms.area(observation, decision)
        if area is not None:
            action.raise_alarm = [area]
        alerts = self._alerts and self._alerts.lines(observation)
        if alerts:
            action.raise_alert = alerts

    def decide(self, observation: Any) -> Decision:
        """The decision for one step, from an observation of grid2op or of the episode stepper."""
        decision = self.manager.decide(observation, self._rank)
        if self.on_decision is not None:
            self.on_decision(observation, decision)
        return decision

    def _rank(self, observation: Any, allowed: np.ndarray) -> np.ndarray:
        if self.policy is None or self.features is None:
            return np.flatnonzero(allowed)
        return self.policy.rank(self.features(observation), allowed)


def _described(observation: Any) -> str:
    """The state, as far as decisions depend on it."""
    names = [
        *("current_step", "rho", "topo_vect", "timestep_overflow", "actual_dispatch"),
        *("time_before_cooldown_line", "time_before_cooldown_sub"),
    ]
    state = {name: np.asarray(getattr(observation, name, None)).tolist() for name in names}
    return f"state: {json.dumps(state)}"


def require_fit(
    grid: Any, settings: AgentSettings, actions: ActionSet, policy: Policy | None
) -> None:
    """Refuse a policy for other features or actions than the agent's, or none where one is read.

    Parameters
    ----------
    grid:
        Any object with the sizes of the grid under grid2op's names.

    Raises
    ------
    PowrlError
        The sizes differ.
    """
    if policy is None:
        if settings.observation:
            raise PowrlError("the agent has features but no policy; give one, or no features.")
        return
    features = Features(settings.observation, settings.plugin_folders)
    if not features.fit(grid, policy.n_features) or policy.n_actions != len(actions) + 1:
        raise PowrlError(
            f"the policy is for {policy.n_features} features and {policy.n_actions - 1} "
            f"actions, but the agent has {features.size(grid)} and {len(actions)}; export it again."
        )


def load_policy(folder: Path, settings: AgentSettings) -> Policy | None:
    """The policy of an agent folder, or None where its settings ask for none.

    Raises
    ------
    PowrlError
        It is missing or damaged, or there is one that nothing is asked for.
    """
    if settings.observation:
        return Policy.load(folder / POLICY_FILE)
    if (folder / POLICY_FILE).exists():
        raise PowrlError(
            f"{folder} has a {POLICY_FILE}, but its {AGENT_FILE} names no features that it reads; "
            "name them, or remove the file."
        )
    return None


def load_agent(folder: str | Path, environment: Any) -> PowRLAgent:
    """Load an agent folder for a grid2op environment; `choose_simulator` has its simulator.

    Raises
    ------
    PowrlError
        The folder is missing or damaged, or the agent is for another grid (the first difference
        is named).
    """
    folder = Path(folder)
    settings = AgentSettings.load(folder)
    actions = ActionSet.load(folder / ACTIONS_FILE, GridLayout.of(environment))
    return PowRLAgent(
        environment.action_space,
        settings,
        actions,
        load_policy(folder, settings),
        choose_simulator(environment),
    )
