"""The rule that holds a split of a calm grid which makes the next attack less harmful."""

from __future__ import annotations

import numpy as np

from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from .attack_pause import LEAD_STEPS, AttackPause, PauseCounter
from .attack_risk import AttackRisk
from .attack_value import AttackValue
from .corrections import Corrections
from .decision import NOTHING, Candidate, Decision
from .posture_memory import PostureMemory
from .redispatching_settings import RedispatchingSettings
from .rule import Phase, Rule
from .setting import RuleSettings
from .situation import Situation

MIN_GAIN, NO_GAIN = 0.01, 0.002
"""A split is chosen that lowers the risk by so much, and left when it lowers it by no more."""

FORECAST_MARGIN = 0.03
"""A split may be simulated so far above the load that was looked for."""


class Posture(Rule):
    """Holds that of a few splits in which the next attack is least likely to end the episode.

    A split moves load away from lines that the opponent draws by their load, and leaves a better
    topology to correct their loss from. It costs nothing, where generators that prevent the same
    are paid for in each step. While no attack may come, the grid goes back to its nominal topology,
    so that splits do not add up.
    """

    name = "posture"
    phase = Phase.ALWAYS
    needs_batches = True
    Settings = RedispatchingSettings

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        batch, own = simulator.batch, self.settings
        assert batch is not None
        lines = np.array([grid.line_numbers[name] for name in own.contingencies], dtype=int)
        corrections = Corrections(batch, own.redispatch_limit, max(own.correct_actions, 1))
        value = AttackValue(len(lines), own.attack_values, own.load_growth)
        self._risk = AttackRisk(batch, corrections, lines, own.attack_normalization, value)
        self._pause = AttackPause(lines, own.attack_pause, batch.rules.reconnection_time)
        self._batch = batch

    @classmethod
    def is_on(cls, settings: RuleSettings) -> bool:
        """Whether the settings name postures, and lines that are attacked."""
        assert isinstance(settings, RedispatchingSettings)
        return bool(settings.postures and settings.contingencies)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The split that is to be held, unless something else is done."""
        memory = situation.memory.part(PostureMemory)
        counter = situation.memory.part(PauseCounter)
        self._pause.watch(counter, situation.observation)
        if situation.is_overloaded:
            return decision
        if situation.state is None or self._pause.possible_in(counter) > LEAD_STEPS:
            memory.leave()
            return decision
        step = int(situation.observation.current_step)
        if step >= memory.next_at and situation.has_spare:
            memory.next_at = step + self.settings.posture_every
            memory.hold(self._least_risk(situation, memory.number), situation.actions)
        if memory.number is None or decision.rule != NOTHING:
            return decision
        return self._split(situation, decision, memory.number)

    def _least_risk(self, situation: Situation, held: int | None) -> int | None:
        """Number of the action whose split has the least risk; None: the nominal topology has."""
        assert situation.state is not None
        state = situation.state.nominal()
        nominal = state.topology
        numbers: list[int | None] = [None]
        topologies = [nominal]
        for number in self.settings.postures:
            action = situation.actions.played_in(nominal, number)
            numbers.append(number)
            topologies.append(action.changed_topology(nominal))
        situation.clock.count(len(topologies))
        loads = self._batch.loads_in(state, np.array(topologies))
        is_safe = loads <= self.settings.posture_rho
        is_safe[0] = np.isfinite(loads[0])
        if not is_safe[0]:
            return held
        safe = np.flatnonzero(is_safe)
        of_safe = self._risk.risks(situation, state, np.array(topologies)[safe])
        if of_safe is None:
            return held
        risks = np.full(len(numbers), np.inf)
        risks[safe] = of_safe
        best, now = int(risks.argmin()), numbers.index(held)
        if risks[best] < risks[now] - MIN_GAIN:
            return numbers[best]
        return None if risks[0] <= risks[now] + NO_GAIN else held

    def _split(self, situation: Situation, decision: Decision, number: int) -> Decision:
        """The split, where the rest of the grid is nominal, and the simulation finds it safe."""
        observation, actions = situation.observation, situation.actions
        topology = np.asarray(observation.topo_vect)
        substation = int(actions.substations[number])
        others = self.grid.positions.substation[topology == 2] != substation
        action = actions.played_in(topology, number)
        is_there = (action.changed_topology(topology) == topology).all()
        if others.any() or is_there or observation.time_before_cooldown_sub[substation]:
            return decision
        (outcome,) = situation.simulate([action])
        if outcome.max_rho > self.settings.posture_rho + FORECAST_MARGIN:
            return decision
        label = actions.describe(number)
        chosen = Candidate(label, action, outcome)
        why = "of some splits it makes the next attack least likely to end the episode"
        return Decision(action, self.name, label, (), (chosen,), chosen, why=why)
