"""The rule that holds splits of a calm grid which make the next attack less harmful."""

from __future__ import annotations

import numpy as np

from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from ..lookahead.state import GridState
from .attack_losses import AttackLosses
from .attack_pause import LEAD_STEPS, PauseCounter
from .attack_risk import AttackRisk
from .decision import NOTHING, Candidate, Decision
from .expected_attacks import ExpectedAttacks
from .posture_memory import PostureMemory
from .redispatching_settings import RedispatchingSettings
from .rule import Phase, Rule
from .setting import RuleSettings
from .situation import Situation
from .splits import COMBINED, NOMINAL, Splits, combined, topology_of

MIN_GAIN, NO_GAIN = 0.01, 0.002
"""A split is chosen that lowers the risk by so much, and left when it lowers it by no more."""

FORECAST_MARGIN = 0.03
"""A split may be simulated so far above the load that was looked for."""


class Posture(Rule):
    """Holds those of a few splits with which the next attack is least likely to end the episode.

    One of the postures is held, or one with an addition: a second split, in another substation. A
    split moves load away from lines that the opponent draws by their load, and leaves a better
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
        attacks = ExpectedAttacks(grid, batch, own)
        losses = AttackLosses(batch, attacks.corrections, attacks.lines, own.attack_normalization)
        self._risk = AttackRisk(losses, attacks.value)
        self._pause = attacks.pause
        self._batch = batch

    @classmethod
    def is_on(cls, settings: RuleSettings) -> bool:
        """Whether the settings name postures, and lines that are attacked."""
        assert isinstance(settings, RedispatchingSettings)
        return bool(settings.postures and settings.contingencies)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """A split that is to be held, unless something else is done."""
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
            memory.hold(self._least_risk(situation, memory.splits), situation.actions)
        if not memory.splits or decision.rule != NOTHING:
            return decision
        return self._split(situation, decision, memory)

    def _least_risk(self, situation: Situation, held: Splits) -> Splits:
        """The splits with the least risk; none: the nominal topology has it."""
        assert situation.state is not None
        state = situation.state.nominal()
        shorter = [held[:number] for number in range(len(held) + 1)]
        risks = self._risks(situation, state, shorter, {})
        if risks is None or NOMINAL not in risks:
            return held
        now = risks.get(held, np.inf)
        if now > MIN_GAIN:  # else nothing can lower it by so much
            others = self._others(situation, state, held, risks)
            if others is None:
                return held
            best = min(others, key=others.__getitem__)
            if others[best] < now - MIN_GAIN:
                return best
        fewer = (one for one in shorter[:-1] if risks.get(one, np.inf) <= now + NO_GAIN)
        return next(fewer, held)

    def _others(
        self, situation: Situation, state: GridState, held: Splits, risks: dict[Splits, float]
    ) -> dict[Splits, float] | None:
        """The risks, with those of all postures, and of additions to the best; None: no time."""
        single = self._risks(situation, state, [(one,) for one in self.settings.postures], risks)
        if single is None:
            return None
        ranked = sorted((one for one in single if len(one) == 1), key=single.__getitem__)
        firsts = [one for place, one in enumerate(ranked) if place < COMBINED or one == held[:1]]
        pairs = combined(situation.actions, firsts, self.settings.posture_additions)
        return self._risks(situation, state, pairs, single)

    def _risks(
        self,
        situation: Situation,
        state: GridState,
        options: list[Splits],
        risks: dict[Splits, float],
    ) -> dict[Splits, float] | None:
        """The risks, with those of other options that are safe; None: no time to tell.

        The nominal topology is safe where it has a solution.
        """
        missing = [one for one in options if one not in risks]
        if not missing:
            return risks
        actions, nominal = situation.actions, state.topology
        topologies = np.array([topology_of(actions, nominal, one) for one in missing])
        situation.clock.count(len(topologies))
        loads = self._batch.loads_in(state, topologies)
        limits = [np.inf if one == NOMINAL else self.settings.posture_rho for one in missing]
        safe = np.flatnonzero(np.isfinite(loads) & (loads <= limits))
        if not len(safe):
            return risks
        simulated = self._risk.risks(situation, state, topologies[safe])
        if simulated is None:
            return None
        return {**risks, **dict(zip([missing[one] for one in safe], simulated.tolist()))}

    def _split(self, situation: Situation, decision: Decision, memory: PostureMemory) -> Decision:
        """A split, where the rest of the grid is nominal, and the simulation finds it safe."""
        observation, actions = situation.observation, situation.actions
        topology = np.asarray(observation.topo_vect)
        split = set(self.grid.positions.substation[topology == 2].tolist())
        if split - memory.substations:
            return decision
        for number in memory.splits:
            action = actions.played_in(topology, number)
            is_there = (action.changed_topology(topology) == topology).all()
            if is_there or observation.time_before_cooldown_sub[actions.substations[number]]:
                continue
            (outcome,) = situation.simulate([action])
            if outcome.max_rho > self.settings.posture_rho + FORECAST_MARGIN:
                continue
            label = actions.describe(number)
            chosen = Candidate(label, action, outcome)
            why = "of some splits it makes the next attack least likely to end the episode"
            return Decision(action, self.name, label, (), (chosen,), chosen, why=why)
        return decision
