"""The rule that raises alerts for lines whose loss ends the episode (IDF 2023)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..actions.grid_action import GridAction
from ..actions.operator_warnings import Alert
from ..errors import NotSupportedError
from ..grid.grid import Grid
from ..lookahead.outcome import Outcome, Simulator
from .decision import Decision
from .rule import Phase, Rule, Unavailable
from .setting import LOAD_OR_ZERO, RuleSettings, setting
from .situation import Situation

STEPS_BETWEEN_LOOKS = 6
"""At the same topology: loads move slowly, a look takes milliseconds."""

ANSWERS_AT_ONCE = 32
"""Of the actions after a loss: the first few answer it as a rule."""


class _AlertMemory:
    """The last look: when, at which topology, and which losses were fatal."""

    topology: np.ndarray | None = None
    step = 0
    fatal: np.ndarray | None = None


class LossAlert(Rule):
    """Raises an alert for each line whose loss would leave the agent no time to act, or no way.

    A line that is out of service has none: the opponent attacks lines that are in service. While
    the line is in cooldown only the batch knows what its loss leads to.
    """

    name = "alert"
    phase = Phase.WARNING

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """For which lines alerts are raised.

        Attributes
        ----------
        alert:
            Whether an alert is raised for each line whose loss is simulated to end the episode.
            Only where the environment has alerts.
        alert_load:
            An alert is raised, too, where some line has this load or more after the loss, and every
            action of the set leaves it there; 0: none is. It needs candidates in batches.
        """

        alert: bool = setting(False)
        alert_load: float = setting(0.0, LOAD_OR_ZERO)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.alert

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        self._losses = [
            GridAction.of_line(grid.positions, line, -1) for line in grid.alertable_lines
        ]

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule, in an environment that has alerts.

        Raises
        ------
        NotSupportedError
            It has none.
        """
        if not len(grid.alertable_lines):
            raise NotSupportedError(
                "the agent raises alerts, which this environment does not have; set "
                "overload.alert to false."
            )
        return cls(grid, simulator, settings)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with the alerts of this step, if any."""
        observation, memory = situation.observation, situation.memory.part(_AlertMemory)
        topology, step = np.array(observation.topo_vect), int(observation.current_step)
        in_service = np.asarray(observation.line_status)[self.grid.alertable_lines]
        if memory.fatal is None:
            memory.fatal = np.zeros(len(self._losses), dtype=bool)
        is_known = memory.topology is not None and np.array_equal(topology, memory.topology)
        if not is_known or step - memory.step >= STEPS_BETWEEN_LOOKS:
            memory.topology, memory.step = topology, step
            numbers = np.flatnonzero(in_service).tolist()
            outcomes = self._outcomes(situation, [self._losses[number] for number in numbers])
            for number, outcome in zip(numbers, outcomes):
                if outcome.legal:  # else it tells of doing nothing: the last answer stays
                    memory.fatal[number] = outcome.game_over or self._has_no_answer(
                        situation, number, outcome
                    )
        lines = np.flatnonzero(memory.fatal & in_service).tolist()
        if not lines:
            return decision
        alert = Alert.of_numbers(lines, len(self._losses))
        return replace(decision, action=decision.action.plus(alert))

    def _has_no_answer(self, situation: Situation, number: int, outcome: Outcome) -> bool:
        """Whether a loss leaves a line at `alert_load` or above, and every action does."""
        limit, batch, state = self.settings.alert_load, self.simulator.batch, situation.state
        if not limit or outcome.max_rho < limit or batch is None or state is None:
            return False
        line = int(self.grid.alertable_lines[number])
        after = state.without_cooldowns().without_line(self.grid.positions, line)
        _, actions = situation.actions.candidates(after.topology, after.substation_cooldown)
        least = np.asarray(outcome.rho)
        for start in range(0, len(actions), ANSWERS_AT_ONCE):
            part = actions[start : start + ANSWERS_AT_ONCE]
            situation.clock.count(len(part))
            for answer in batch.evaluate_state(after, part):
                if answer.max_rho < np.inf:
                    least = np.minimum(least, answer.rho)
            if least.max() < limit:
                return False
        return True

    def _outcomes(self, situation: Situation, losses: list[GridAction]) -> list[Outcome]:
        """What each loss leads to: an attack waits for no cooldown, as an action does."""
        batch, state = self.simulator.batch, situation.state
        if batch is None or state is None:
            return situation.simulate(losses)
        situation.clock.count(len(losses))
        return batch.evaluate_state(state.without_cooldowns(), losses)
