"""One step of an episode as every rule sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Callable

import numpy as np

from ..actions.action_set import ActionSet
from ..actions.grid_action import GridAction
from ..grid.observation import Observation
from ..grid.reductions import highest
from ..lookahead.clock import Clock
from ..lookahead.outcome import Outcome, Simulator
from ..lookahead.solved_state import SolvedState
from ..lookahead.state import GridState
from .decision import Decision
from .forecast_errors import ForecastErrors
from .memory import EpisodeMemory
from .ranking import overload_rank
from .setting import (
    AMOUNT,
    COUNT,
    LOAD,
    LOAD_OR_ZERO,
    Allowed,
    RuleSettings,
    SettingError,
    setting,
)

ERROR_SHARE = Allowed(lambda value: 0 <= value <= 2, "a share from 0 to 2")


@dataclass(frozen=True)
class ManagerSettings(RuleSettings):
    """What all rules share: when the grid counts as overloaded, and what a decision may cost.

    Attributes
    ----------
    critical_rho:
        Line load at or above which the policy is asked for a remedial action.
    counted_from:
        Outcomes are ranked by the sum of the line loads above this, rather than by the highest
        load alone; with 2 the highest load alone decides.
    protections:
        Whether plans, of actions and of generators, look at how long the protections of each line
        have been counting: overloads that none of them ends are then handed from line to line.
        Else they look at the loads alone.
    learn_forecasts:
        Whether injections are foreseen by what an episode shows of how they change and how far
        their forecasts hold (`powrl.player.grid.learned_forecast`), rather than by forecasts alone.
    second_look:
        Whether the rules for overloads choose once more where what redispatching has decided raises
        the load that their choice leaves.
    forecast_margin:
        Share of the last forecast error of each line's load that is expected again: after a step
        with an overload, and by plans of the generators after a step with a plan.
    screened:
        So many actions are solved for each state: those that are best by estimated loads
        (`powrl.player.lookahead.split_estimate`). That holds for remedies, sequences and
        corrections of losses; 0: all actions are solved.
    simulations:
        Limit of power flows per decision. When it is reached, the best action found so far is
        played; redispatching skips the contingencies it has not examined.
    seconds:
        Time limit per decision (s), to the same effect; 0: none. With a limit, decisions depend on
        how fast and busy the machine is.
    total_seconds:
        Time limit for all decisions together (s), as a competition has it; 0: none. The remaining
        time limits each search; once it is spent, the agent does nothing.
    total_steps:
        Number of decisions that `total_seconds` is for.
    """

    critical_rho: float = setting(0.95, LOAD)
    counted_from: float = setting(0.9, LOAD_OR_ZERO)
    protections: bool = setting(False)
    learn_forecasts: bool = setting(False)
    second_look: bool = setting(False)
    forecast_margin: float = setting(0.0, ERROR_SHARE)
    screened: int = setting(0, AMOUNT)
    simulations: int = setting(20_000, COUNT)
    seconds: float = setting(0.0, AMOUNT)
    total_seconds: float = setting(0.0, AMOUNT)
    total_steps: int = setting(0, AMOUNT)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.total_seconds and not self.total_steps:
            raise SettingError("total_steps", 0, "how many steps total_seconds is for")


class Situation:
    """One step: what is observed, what may be done, and what was simulated so far.

    Parameters
    ----------
    observation:
        An observation of grid2op or of the episode stepper.
    outlook:
        The same observation with the injections that are foreseen, from which is simulated.
    memory:
        What rules remember of the episode.
    clock:
        What the decision may still cost.
    settings:
        What all rules share.
    simulator:
        Evaluates actions.
    actions:
        The reduced action space.
    ranking:
        Orders the policy's actions; see `ranked`.
    moves:
        An action whose dispatch is played beside any topology, where candidates are evaluated in
        batches; None: there is none.

    Attributes
    ----------
    nothing:
        The decision to do nothing.

    Examples
    --------
    In the method ``apply`` of a rule:

    >>> if not situation.is_overloaded:  # doctest: +SKIP
    ...     return situation.nothing
    >>> outcomes = situation.simulate([action, other])  # doctest: +SKIP
    >>> outcomes[0].max_rho  # doctest: +SKIP
    0.93
    """

    def __init__(
        self,
        observation: Observation,
        outlook: Observation,
        memory: EpisodeMemory,
        clock: Clock,
        settings: ManagerSettings,
        simulator: Simulator,
        actions: ActionSet,
        nothing: Decision,
        ranking: Ranking,
        moves: GridAction | None = None,
    ) -> None:
        self.observation = observation
        self.outlook = outlook
        self.memory = memory
        self.clock = clock
        self.settings = settings
        self.actions = actions
        self.nothing = nothing
        self._simulator = simulator
        self._ranking = ranking
        self._moves = moves
        self._outcomes: dict[bytes, Outcome] = {}

    def with_moves(self, moves: GridAction) -> Situation:
        """The same step where an action's dispatch is played beside any topology.

        What was simulated without it is forgotten; the clock goes on.

        Parameters
        ----------
        moves:
            An action; its topology and line status play no part.
        """
        return Situation(
            self.observation,
            self.outlook,
            self.memory,
            self.clock,
            self.settings,
            self._simulator,
            self.actions,
            self.nothing,
            self._ranking,
            moves,
        )

    @cached_property
    def is_overloaded(self) -> bool:
        """Whether some line is at ``critical_rho`` or above, so that the policy is asked."""
        return bool(highest(self.observation.rho) >= self.settings.critical_rho)

    @cached_property
    def allowed(self) -> np.ndarray:
        """The policy's legal actions, shape ``(len(actions) + 1,)``, bool; 0 is do nothing."""
        return np.concatenate(([True], self.actions.allowed(self.observation)))

    @cached_property
    def ranked(self) -> list[int]:
        """The policy's actions to simulate, best first; ``i + 1`` is action ``i`` of the set.

        In training it is the one action that the learner chose.
        """
        return [int(choice) for choice in self._ranking(self)]

    @cached_property
    def state(self) -> GridState | None:
        """The state that actions are played from, or None: only grid2op's ``simulate`` knows it.

        Its limits are lower by the margins for errors of the forecast.
        """
        batch = self._simulator.batch
        if self._moves is None or batch is None:
            state = self._simulator.state_of(self.outlook)
        else:
            state = batch.state_of(self.outlook, self._moves)
        if state is None or not self.settings.forecast_margin:
            return state
        limits = (state.thermal_limits / self._margins).astype(state.thermal_limits.dtype)
        return replace(state, thermal_limits=limits)

    @cached_property
    def forecast_production(self) -> np.ndarray:
        """Production of the time series in the next step (MW), shape ``(n_gen,)``."""
        return np.asarray(self.outlook.get_forecasted_inj(1)[0], dtype=float)

    @cached_property
    def _margins(self) -> np.ndarray:
        """What loads are multiplied by, shape ``(n_line,)``."""
        errors = self.memory.part(ForecastErrors)
        return errors.margins(self.observation, self.settings.forecast_margin)

    def foresee(self, action: GridAction) -> None:
        """Note what is expected of `action`, which is played, to know the error a step later."""
        if not (self.settings.forecast_margin and self.is_overloaded and self.solved):
            return
        (solution,) = self.solved.solve([action])
        outcome, rho = solution.outcome, solution.outcome.rho / self._margins
        if not action.is_topological:
            self.clock.count(1)
            (outcome,) = self._simulator.evaluate(self.outlook, [action])
            rho = outcome.rho
        if outcome.max_rho < np.inf:
            step = int(self.observation.current_step)
            self.memory.part(ForecastErrors).foresee(step, rho, solution.topology)

    @cached_property
    def solved(self) -> SolvedState | None:
        """The state with the actions that were solved from it, or None where there is no state."""
        batch = self._simulator.batch
        if batch is None or self.state is None:
            return None
        return SolvedState(batch, self.state, self.clock)

    @property
    def batch_size(self) -> int:
        """How many actions are best simulated together."""
        return self._simulator.batch_size

    @property
    def has_spare(self) -> bool:
        """Whether there is time for optional work."""
        return self.clock.has_spare or (self.is_overloaded and self.clock.has_left)

    def simulate(self, actions: Sequence[GridAction]) -> list[Outcome]:
        """The simulated outcome of each topological action; none is simulated twice in a step.

        Parameters
        ----------
        actions:
            Each is topological (`GridAction.is_topological`).
        """
        if self.solved is not None:
            return [solution.outcome for solution in self.solved.solve(actions)]
        missing = {action.key: action for action in actions if action.key not in self._outcomes}
        if missing:
            self.clock.count(len(missing))
            outcomes = self._simulator.evaluate(self.outlook, list(missing.values()))
            self._outcomes.update(zip(missing, outcomes))
        return [self._outcomes[action.key] for action in actions]

    def rank(self, outcome: Outcome) -> float:
        """How bad the `outcome` of an action is, the lower the better (`overload_rank`)."""
        return overload_rank(outcome, self.settings.counted_from)


Ranking = Callable[[Situation], "Sequence[int] | np.ndarray"]
"""Orders the policy's actions in a situation, best first."""
