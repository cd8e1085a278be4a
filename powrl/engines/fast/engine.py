"""The fast engine: episodes on the grid model, candidates in sweeps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...environments.episodes import start_episode
from ...environments.kept_scenarios import KeptScenarios
from ...environments.opening import scenario_names
from ...errors import PowrlError
from ...player.actions.grid_action import require_topology_actions
from ...player.grid.grid import Grid
from ...player.grid.grid2op_objects import Environment
from ...player.grid.observation import Observation
from ...player.grid2op_internals import voltage_controller
from ...player.lookahead.batch import BatchSimulator
from ...player.lookahead.dispatcher import Dispatcher
from ...player.lookahead.frozen import frozen
from ...player.lookahead.game_rules import Rules
from ...player.lookahead.grid_model import GridModel
from ...player.lookahead.make_simulator import batch_simulator
from ...player.lookahead.state import last_topology
from ..engine import EngineName
from .episode import EpisodeContext, FastEpisode
from .opponent import Attacks, Opponent
from .scenario import Scenario, read_scenario

OpponentFactory = Callable[[Grid, int], Opponent]
"""Makes the opponent of an episode from the grid and the seed."""


class FastEngine:
    """Plays a grid2op environment's episodes without its `step`; see `powrl.engines.engine`.

    grid2op starts each episode (it reads the scenario, draws maintenance and attacks, solves the
    first power flow); from there on the stepper goes on alone. Any number of episodes may run at
    the same time.

    Parameters
    ----------
    environment:
        grid2op's environment.
    opponent:
        Makes the opponent of each episode, as ``opponent(grid, seed)``; None: it is that of the
        environment.

    Attributes
    ----------
    model:
        The grid, as it was when the engine was opened.

    Raises
    ------
    PowrlError
        The environment has something that only grid2op can play.
    """

    name: EngineName = "fast"

    def __init__(self, environment: Environment, opponent: OpponentFactory | None = None) -> None:
        _require_covered(environment)
        self._opponent = opponent
        self.grid = environment
        self.scenarios = scenario_names(environment)
        self._open = True
        self._static = Grid.from_grid2op(environment.action_space)
        # of a class that keeps all scenarios in memory the arrays are shared, not doubled
        self._keeps = isinstance(environment.chronics_handler.real_data, KeptScenarios)
        self._known: dict[str, Scenario] = {}
        environment.reset()
        self.model = GridModel(environment.backend)
        self._simulator = _batched(environment)
        self.start(self.scenarios[0], 0)  # refuses what can be seen in a scenario alone

    def start(self, scenario: str, seed: int) -> FastEpisode:
        """Start an episode; the seed fixes the opponent and all else that is drawn."""
        first = start_episode(self.grid, scenario, seed)
        read = read_scenario(
            self.grid, scenario, self.model.volts_per_unit, self._known.get(scenario)
        )
        if self._keeps:
            self._known[scenario] = read
        model = self.model.again(self.grid.backend)
        if self._opponent is None:
            opponent: Opponent = Attacks.from_environment(self.grid)
        else:
            opponent = self._opponent(self._static, seed)
        return _episode(self.grid, first, self._static, read, model, opponent, warm=True)

    def simulator(self) -> BatchSimulator:
        """Evaluates candidates in sweeps."""
        return self._simulator

    def close(self) -> None:
        """Close the grid2op environment; once more does nothing."""
        if self._open:
            self.grid.close()
        self._open = False


def exact_episode(environment: Environment, first: Observation) -> FastEpisode:
    """The episode that a grid2op environment has just begun, whose floats are grid2op's.

    Loads and generation are those of ``environment.step`` to the last bit; the episodes of an
    engine, which step faster, are equal to 2e-7.

    Parameters
    ----------
    environment:
        It was just reset, and is not stepped meanwhile.
    first:
        Its first observation.

    Raises
    ------
    PowrlError
        The environment has something that only grid2op can play.
    """
    _require_covered(environment)
    model = GridModel(environment.backend)
    name = environment.chronics_handler.get_name()
    read = read_scenario(environment, name, model.volts_per_unit)
    grid = Grid.from_grid2op(environment.action_space)
    return _episode(
        environment, first, grid, read, model, Attacks.from_environment(environment), warm=False
    )


def _episode(
    environment: Environment,
    first: Observation,
    grid: Grid,
    scenario: Scenario,
    model: GridModel,
    opponent: Opponent,
    warm: bool,
) -> FastEpisode:
    if (last_topology(first) < 1).any():
        raise PowrlError(
            f"{scenario.name} begins with a line that was never connected, which the fast engine "
            "cannot play; use the engine grid2op."
        )
    limits = frozen(np.array(environment.get_thermal_limit(), dtype=np.float32))
    context = EpisodeContext(
        grid, Rules.from_environment(environment), limits, Dispatcher.from_environment(environment)
    )
    return FastEpisode(context, scenario, model, opponent, first, warm)


def _batched(environment: Environment) -> BatchSimulator:
    try:
        return batch_simulator(environment)
    except PowrlError as error:
        raise PowrlError(
            f"the fast engine cannot play this environment: {error}; use the engine grid2op."
        ) from error


def _require_covered(environment: Environment) -> None:
    require_topology_actions(environment.action_space)
    reason = _not_covered(environment)
    if reason is not None:
        raise PowrlError(
            f"the fast engine cannot play this environment: {reason}; use the engine grid2op."
        )


def _not_covered(environment: Environment) -> str | None:
    """Why an environment can only be played by grid2op, or None."""
    from grid2op.VoltageControler import ControlVoltageFromFile

    parameters = environment.parameters
    if not parameters.ENV_DOES_REDISPATCHING:
        return "generators go to their targets at once"
    if parameters.ENV_DC:
        return "its power flow is DC"
    if not parameters.IGNORE_MIN_UP_DOWN_TIME:
        return "generators have minimum times on and off"
    if parameters.STOP_EP_IF_GEN_BREAK_CONSTRAINTS:
        return "generators that leave their limits end an episode"
    if type(voltage_controller(environment)) is not ControlVoltageFromFile:
        return f"voltages are controlled by {type(voltage_controller(environment)).__name__}"
    return None
