"""The rule that moves generators, ahead of attacks and against overloads that topology leaves."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..actions.grid_action import GridAction
from ..actions.part import Part
from ..actions.redispatch import Redispatch
from ..actions.storage import Storage
from ..errors import ConfigurationError
from ..grid.grid import Grid
from ..grid.observation import Observation
from ..lookahead.batch import BatchSimulator
from ..lookahead.outcome import Simulator
from ..lookahead.sensitivity import GeneratorSensitivity
from ..lookahead.state import GridState
from .contingencies import Contingencies
from .decision import NOTHING, Candidate, Decision
from .generator_moves import MIN_MOVE_MW, moves_towards, room_to_balance
from .linear_program import Case, Fleet, Relief, least_redispatching
from .purpose import moves_in_words, purpose_of
from .relief_units import ReliefUnits, Wish
from .rule import Phase, Rule, Unavailable
from .setting import AMOUNT, COUNT, LOAD, SHARE, RuleSettings, SettingError, setting
from .situation import Situation

log = logging.getLogger(__name__)

GRID2OP_TOLERANCE_MW = 0.01
"""grid2op fits the dispatch anew when a target is off by this."""

MIN_LOAD = 0.01
"""A line without any load is attacked, too."""

EMERGENCY_WEIGHT, PRESENT_WEIGHT = 3000.0, 1500.0
"""Cost of a load of 1 beyond the goal, against 1 of each MW held: of an overload that is there, and
of one that is coming."""

OVERLOAD_LIMIT, OVERLOAD_FACTOR = 0.99, 10.0
"""A load beyond this costs so many times what one beyond the goal does."""

MIN_GAIN = 5.0
"""A plan for another topology costs less by so much, or the decision stays (MW held)."""

MAX_FORECAST_ERROR = 0.1
"""A load that is further off was not forecast wrongly: a line was lost."""

TRIP_LIMIT, TRIP_FACTOR, SOON_FACTOR = 0.97, 20.0, 0.1
"""The same of a line that the protections open in the next step, and the part of it of a line that
they open in the one after."""


@dataclass(frozen=True)
class RedispatchingSettings(RuleSettings):
    """When generators are moved, and how far.

    Attributes
    ----------
    contingencies:
        Names of the lines whose loss is prepared for: those that the opponent attacks.
    redispatch:
        Whether generators are moved, ahead of the contingencies and on overloads.
    correct:
        Whether a loss that an action corrects is left to that action; else all are prevented.
    redispatch_every:
        Steps between two plans of the generators while the grid is calm.
    redispatch_goal, redispatch_limit:
        Line load up to which a plan brings the grid as it is, and with each of the contingencies.
    redispatch_weight:
        Cost of a load of 1 beyond that limit after all contingencies together, against 1 of each
        MW held.
    redispatch_horizon:
        Steps before the end of the episode at which that cost holds: a blackout costs the load of
        all steps that are left, so it is in proportion to them. 0: it is the same at all steps.
    redispatch_held_steps:
        No generator is held further from the time series than it moves in so many steps.
    redispatch_spare_steps:
        Nor brought nearer to its ends than it moves in so many steps.
    redispatch_reserve:
        What the generators together keep able to move up and down in one step (MW).
    redispatch_candidates:
        On an overload the program is made for so many of the best topologies, and that which
        leaves least is played; 1: for the one that the rules before it chose.
    redispatch_calm:
        Whether generators are moved ahead of overloads; else only on overloads, and back.
    storage, curtail:
        Whether plans use storage units and curtailment, too.
    storage_cost, curtailment_cost:
        Cost of each MW of them, against 1 of each MW that a generator is held; generators balance
        both, which costs as well.
    storage_level:
        Share of its capacity to which a storage unit is charged in a calm grid.
    """

    contingencies: tuple[str, ...] = setting(())
    redispatch: bool = setting(False)
    correct: bool = setting(False)
    redispatch_every: int = setting(6, COUNT)
    redispatch_goal: float = setting(0.9, LOAD)
    redispatch_limit: float = setting(0.98, LOAD)
    redispatch_weight: float = setting(5000.0, AMOUNT)
    redispatch_horizon: int = setting(0, AMOUNT)
    redispatch_held_steps: int = setting(48, COUNT)
    redispatch_spare_steps: int = setting(12, AMOUNT)
    redispatch_reserve: float = setting(25.0, AMOUNT)
    redispatch_candidates: int = setting(1, COUNT)
    redispatch_calm: bool = setting(True)
    storage: bool = setting(False)
    curtail: bool = setting(False)
    storage_cost: float = setting(0.1, AMOUNT)
    curtailment_cost: float = setting(1.0, AMOUNT)
    storage_level: float = setting(0.5, SHARE)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(isinstance(name, str) for name in self.contingencies):
            raise SettingError("contingencies", self.contingencies, "names of lines")

    @property
    def is_on(self) -> bool:
        """Whether the rule has a part in decisions."""
        return self.redispatch


class _DispatchMemory:
    """Where the generators should be, and what was asked of them."""

    target: np.ndarray | None = None
    """Dispatch that is aimed at (MW)."""
    purpose = ""
    """The overloads that this corrects, in words."""
    planned_at = -1
    scheduled: np.ndarray | None = None
    """Production by the time series, a step ago (MW)."""
    foreseen: np.ndarray | None = None
    """The same in the next step, as it is forecast (MW)."""
    wish: Wish | None = None
    """What is wanted of storage units and curtailment."""
    case: Case | None = None
    """The grid as the last plan saw it, without any margin."""
    foreseen_rho: np.ndarray | None = None
    """Loads that the last plan expected in this step."""
    has_target: np.ndarray | None = None
    """Generators that had a target: to theirs grid2op adds, else to their dispatch."""


class Redispatching(Rule):
    """Keeps the grid within its limits also after the attacks that are expected.

    Every ``redispatch_every`` steps, and at each step with an overload, a linear program over the
    power flow's sensitivities says where the generators should be; they go there as fast as their
    ramps allow. The same program brings them back when the grid is calm. Where the ramps leave no
    room, the generators are told to stay where they are, which grid2op can always do.
    """

    name = "redispatching"
    phase = Phase.ALWAYS
    Settings = RedispatchingSettings

    def __init__(self, grid: Grid, simulator: BatchSimulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        generators = grid.generators
        lines = [grid.line_numbers[name] for name in self.settings.contingencies]
        self._contingencies = Contingencies(
            simulator,
            np.array(lines, dtype=int),
            self.settings.redispatch_limit,
            self.settings.correct,
        )
        model = simulator.grid_copy()
        self._is_slack = model.is_slack[generators.numbers]
        self._units = self._relief_units(simulator)
        renewables, storage = (
            (self._units.renewables, self._units.storage) if self._units else ((), ())
        )
        self._sensitivity = GeneratorSensitivity(
            model, np.append(generators.numbers, renewables).astype(int), storage
        )
        # the protections open an overloaded line after so many; some open it at once
        self._emergency_steps = max(simulator.rules.overflow_steps, 1)

    def _relief_units(self, simulator: BatchSimulator) -> ReliefUnits | None:
        """Storage units and renewable generators that plans use, or None: generators alone."""
        settings = self.settings
        if not (settings.storage or settings.curtail):
            return None
        if simulator.dispatcher is None:
            log.info("no storage and no curtailment: grid2op is older than 1.12.6")
            return None
        units = ReliefUnits(
            simulator.dispatcher,
            self.grid.action_keys,
            settings.storage,
            settings.curtail,
            settings.storage_cost,
            settings.curtailment_cost,
            settings.storage_level,
        )
        return units if len(units) else None

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule, where actions may redispatch and candidates are evaluated in batches.

        Raises
        ------
        ConfigurationError
            The grid has no line of a name among the contingencies.
        """
        assert isinstance(settings, RedispatchingSettings)
        require_lines(grid.line_numbers, settings.contingencies)
        if Redispatch.key not in grid.action_keys:
            return Unavailable("actions of this environment cannot")
        if simulator.batch is None:
            return Unavailable("candidates are not evaluated in batches")
        if not len(grid.generators.numbers):
            return Unavailable("no generator of this grid can be moved")
        return cls(grid, simulator.batch, settings)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with the redispatching of this step, or as it is."""
        observation, generators = situation.observation, self.grid.generators
        memory = situation.memory.part(_DispatchMemory)
        dispatched = np.asarray(observation.actual_dispatch, dtype=float)[generators.numbers]
        if self._rests(situation, memory, dispatched):
            return decision
        if situation.has_spare and self._is_due(situation, memory):
            memory.planned_at = int(observation.current_step)
            decision, plan = self._best_plan(situation, decision, dispatched, memory)
            if plan is not None:
                self._follow(situation, memory, plan, dispatched)
        parts = self._parts(situation, memory, dispatched)
        if not parts:
            return decision
        action = decision.action
        for part in parts:
            action = action.plus(part)
        if self._units is not None and self._ends_the_episode(observation, action, decision):
            return decision
        rule = self.name if decision.rule == NOTHING else decision.rule
        why = "; ".join(filter(None, (decision.why, self._why(parts, memory))))
        return replace(decision, action=action, rule=rule, why=why)

    def _rests(self, situation: Situation, memory: _DispatchMemory, dispatched: np.ndarray) -> bool:
        """Whether the grid is calm, nothing is held, and nothing is prepared for."""
        if self.settings.redispatch_calm or situation.is_overloaded:
            return False
        if np.abs(dispatched).max() >= MIN_MOVE_MW:
            return False
        if self._units is not None and self._units.has_work(situation.observation):
            return False
        memory.target = memory.scheduled = memory.foreseen = memory.wish = None
        return True

    def _ends_the_episode(
        self, observation: Observation, action: GridAction, decision: Decision
    ) -> bool:
        """Whether an action does that the decision does not: generators cannot balance it."""
        moved, alone = self.simulator.evaluate(observation, [action, decision.action])
        return moved.game_over and not alone.game_over

    def _why(self, parts: Sequence[Part], memory: _DispatchMemory) -> str:
        """Which units are moved, and for what."""
        generators, texts = self.grid.generators, []
        for part in parts:
            if isinstance(part, Redispatch):
                moves = moves_in_words(part.values[generators.numbers], generators.names)
                texts.append(f"moves {moves}")
            elif isinstance(part, Storage):
                texts.append(f"storage units produce {-part.values.sum():.1f} MW")
            else:
                texts.append("sets limits of renewable generators")
        return f"{', '.join(texts)}: {memory.purpose or 'back towards the time series'}"

    def _parts(
        self, situation: Situation, memory: _DispatchMemory, dispatched: np.ndarray
    ) -> list[Part]:
        """What moves generators, storage units and limits towards where they should be."""
        scheduled = self._scheduled(situation, memory, dispatched)
        before = scheduled if memory.scheduled is None else memory.scheduled
        memory.scheduled = scheduled
        total, others, injected = 0.0, [], None
        if self._units is not None and memory.wish is not None:
            forecast = _forecast(situation)
            room = room_to_balance(self.grid.generators, dispatched, scheduled, before)
            already = float(dispatched.sum())
            injected = self._units.within_room(
                situation.observation, forecast, memory.wish, already, room
            )
            total = -float(injected.sum()) - already
            others = self._units.parts(situation.observation, forecast, injected)
        change = moves_towards(
            memory.target,
            self.grid.generators,
            dispatched,
            scheduled,
            before,
            self._is_slack,
            total,
        )
        self._foresee(memory, change, injected)
        redispatch = self._redispatch(situation, memory, dispatched, change)
        return [*([] if redispatch is None else [redispatch]), *others]

    @staticmethod
    def _foresee(memory: _DispatchMemory, change: np.ndarray, injected: np.ndarray | None) -> None:
        """Remember the loads that this step's plan expects in the next one, if there is a plan."""
        memory.foreseen_rho = None
        if memory.case is not None:
            moves = change if injected is None else np.append(change, injected)
            memory.foreseen_rho = memory.case.rho + memory.case.slopes @ moves
        memory.case = None

    def _redispatch(
        self,
        situation: Situation,
        memory: _DispatchMemory,
        dispatched: np.ndarray,
        change: np.ndarray,
    ) -> Redispatch | None:
        """The change of targets that changes the dispatch, if there is any."""
        observation, generators = situation.observation, self.grid.generators
        target = np.asarray(observation.target_dispatch, dtype=float)[generators.numbers]
        if memory.has_target is None:
            memory.has_target = np.zeros(len(generators.numbers), dtype=bool)
        # what grid2op has made of the targets so far is taken for granted
        held = np.where(memory.has_target | (target != 0), dispatched - target, 0.0)
        if np.abs(change).max() < MIN_MOVE_MW and np.abs(held).max() < GRID2OP_TOLERANCE_MW:
            return None
        move = np.clip(held + change, -generators.ramp_down, generators.ramp_up)
        move[np.abs(move) < GRID2OP_TOLERANCE_MW] = 0
        memory.has_target |= move != 0
        redispatch = np.zeros(self.grid.n_gen, dtype=np.float32)
        redispatch[generators.numbers] = move
        return Redispatch(redispatch)

    def _scheduled(
        self, situation: Situation, memory: _DispatchMemory, dispatched: np.ndarray
    ) -> np.ndarray:
        """Production by the time series in this step (MW), shape ``(n,)``.

        It is what is produced without redispatching; for the slack, which also balances the losses,
        it is what was forecast a step ago, since grid2op limits the schedule and not what the slack
        delivers.
        """
        observation, numbers = situation.observation, self.grid.generators.numbers
        scheduled: np.ndarray = np.asarray(observation.gen_p, dtype=float)[numbers] - dispatched
        if memory.foreseen is not None:
            scheduled[self._is_slack] = memory.foreseen[self._is_slack]
        memory.foreseen = None
        if situation.state is not None:
            foreseen = observation.get_forecasted_inj(1)[0]
            memory.foreseen = np.asarray(foreseen, dtype=float)[numbers]
        return scheduled

    def _is_due(self, situation: Situation, memory: _DispatchMemory) -> bool:
        passed = situation.observation.current_step - memory.planned_at
        is_first = memory.planned_at < 0
        return is_first or passed >= self.settings.redispatch_every or situation.is_overloaded

    def _follow(
        self, situation: Situation, memory: _DispatchMemory, plan: _Plan, dispatched: np.ndarray
    ) -> None:
        """Take a plan for what the next steps aim at."""
        n = len(dispatched)
        memory.target = dispatched + plan.changes[:n]
        memory.purpose = plan.purpose
        memory.case = plan.present if situation.settings.forecast_margin else None
        if self._units is not None:
            memory.wish = self._units.wish(plan.changes[n:], _forecast(situation))

    def _best_plan(
        self,
        situation: Situation,
        decision: Decision,
        dispatched: np.ndarray,
        memory: _DispatchMemory,
    ) -> tuple[Decision, _Plan | None]:
        """The decision, or another candidate of it whose plan leaves less, with its plan."""
        best, chosen = self._plan(situation, decision.action, dispatched, memory), decision
        for candidate in self._others(situation, decision):
            plan = self._plan(situation, candidate.action, dispatched, memory)
            if plan is None or (best is not None and plan.cost > best.cost - MIN_GAIN):
                continue
            why = "with generators, storage and curtailment it leaves the least"
            best, chosen = (
                plan,
                replace(
                    decision,
                    action=candidate.action,
                    choice=candidate.label,
                    chosen=candidate,
                    why=why,
                ),
            )
        return chosen, best

    def _others(self, situation: Situation, decision: Decision) -> list[Candidate]:
        """The candidates of a decision that compete with it by their plans, the best first."""
        number = self.settings.redispatch_candidates - 1
        if not number or not situation.is_overloaded or not decision.candidates:
            return []
        others = [
            candidate
            for candidate in decision.candidates
            if candidate.action is not decision.action and candidate.outcome.max_rho < np.inf
        ]
        base = decision.candidates[0]
        others.sort(key=lambda other: (other is not base, situation.rank(other.outcome)))
        return others[:number]

    def _plan(
        self,
        situation: Situation,
        action: GridAction,
        dispatched: np.ndarray,
        memory: _DispatchMemory,
    ) -> _Plan | None:
        """What relieves the grid after the action, if anything is known of it."""
        if situation.state is None:
            return None
        settings, state = self.settings, situation.state
        topology = situation.solve([action])[0].topology_before_protections
        if topology is not None:
            state = state.with_topology(topology)
        overloaded = situation.is_overloaded
        weight = EMERGENCY_WEIGHT if overloaded else PRESENT_WEIGHT
        goals = [_Goal(state, settings.redispatch_goal, weight)]
        if settings.redispatch_calm and not overloaded:
            goals += self._after_attacks(situation, state)
        numbers, relief = self.grid.generators.numbers, None
        produced = state.injections.gen_p[numbers].astype(float)
        plan, steps = self._cases(goals, situation), 2 * settings.redispatch_every
        if overloaded:
            steps = self._emergency_steps
        if self._units is not None:
            forecast = _forecast(situation)
            relief = self._units.relief(situation.observation, forecast, overloaded)
            plan = self._at_reference(plan, situation, dispatched, produced - forecast[numbers])
            produced = forecast[numbers] + dispatched
        present = plan[0][1] if plan and plan[0][0] is None else None
        plan = self._with_margin(plan, situation, memory)
        cases = [case for _, case in plan]
        if situation.settings.protections:
            counted = np.asarray(situation.observation.timestep_protection_engaged)
            if overloaded:
                steps = max(1, steps - int(counted.max()))
            cases += self._at_protections(cases, counted, overloaded)
        changes = least_redispatching(
            Fleet(self.grid.generators, produced, dispatched),
            cases,
            steps=steps,
            held_steps=settings.redispatch_held_steps,
            spare_steps=settings.redispatch_spare_steps,
            reserve=settings.redispatch_reserve,
            relief=relief,
        )
        if changes is None:
            step = situation.observation.current_step
            log.warning("step %s: no plan of the generators found", step)
            return None
        purpose = purpose_of(plan, changes, self.grid.name_line.tolist())
        return _Plan(changes, present, self._cost(cases, changes, dispatched, relief), purpose)

    def _cost(
        self,
        cases: Sequence[Case],
        changes: np.ndarray,
        dispatched: np.ndarray,
        relief: Relief | None,
    ) -> float:
        """What a plan leaves, in its last step and in its first, and what it holds."""
        n, generators = len(dispatched), self.grid.generators
        first = changes.copy()
        first[:n] = np.clip(changes[:n], -generators.ramp_down, generators.ramp_up)
        excess = [
            float((case.weight * np.maximum(case.rho + case.slopes @ moves - case.limit, 0)).sum())
            for case in cases
            for moves in (first, changes)
        ]
        held = float(np.abs(dispatched + changes[:n]).sum())
        if relief is not None:
            held += float(relief.cost @ np.abs(changes[n:]))
        return sum(excess) / 2 + held

    def _at_reference(
        self,
        plan: Sequence[tuple[int | None, Case]],
        situation: Situation,
        dispatched: np.ndarray,
        coming: np.ndarray,
    ) -> list[tuple[int | None, Case]]:
        """The cases where the dispatch stays and neither storage nor curtailment injects anything.

        Parameters
        ----------
        dispatched, coming:
            The dispatch so far, and that of the state where nothing is done (MW), shape ``(n,)``.
        """
        assert self._units is not None
        injected = self._units.as_now(situation.observation, _forecast(situation))
        offset = np.append(dispatched - coming, -injected)
        return [(lost, replace(case, rho=case.rho + case.slopes @ offset)) for lost, case in plan]

    def _with_margin(
        self,
        plan: Sequence[tuple[int | None, Case]],
        situation: Situation,
        memory: _DispatchMemory,
    ) -> list[tuple[int | None, Case]]:
        """The cases with a part of the last forecast error added to the grid as it is."""
        foreseen, share = memory.foreseen_rho, situation.settings.forecast_margin
        if not share or not plan or plan[0][0] is not None:
            return list(plan)
        lost, case = plan[0]
        if foreseen is None:
            return list(plan)
        rho = np.asarray(situation.observation.rho, dtype=float)
        error = np.clip(rho - foreseen, 0, MAX_FORECAST_ERROR)
        return [(lost, replace(case, rho=case.rho + share * error)), *plan[1:]]

    def _cases(self, goals: Sequence[_Goal], situation: Situation) -> list[tuple[int | None, Case]]:
        """The first goal and, by weight, as many others as the clock allows, in their order."""
        by_weight = sorted(range(1, len(goals)), key=lambda number: -goals[number].weight)
        numbers = (0, *by_weight)
        answers = self._sensitivity.at_many([goals[number].state for number in numbers])
        cases: dict[int, Case] = {}
        for number in numbers:
            if number and situation.clock.stops():
                break
            goal = goals[number]
            situation.clock.count(1)
            answer = next(answers)
            if answer is not None:
                cases[number] = Case(*answer, goal.limit, goal.weight)
        return [(goals[number].lost, cases[number]) for number in sorted(cases)]

    def _at_protections(
        self, cases: Sequence[Case], counted: np.ndarray, overloaded: bool
    ) -> list[Case]:
        """The cases again at what loads beyond limits cost, and lines that are about to trip."""
        again = [
            replace(case, limit=OVERLOAD_LIMIT, weight=OVERLOAD_FACTOR * case.weight)
            for case in cases
            if case.limit < OVERLOAD_LIMIT
        ]
        if overloaded:
            spare = self._emergency_steps - counted
            factors = np.where(spare <= 0, 1.0, np.where(spare == 1, SOON_FACTOR, 0.0))
            again += [
                replace(case, limit=TRIP_LIMIT, weight=TRIP_FACTOR * factors * case.weight)
                for case in cases[:1]
            ]
        return again

    def _after_attacks(self, situation: Situation, state: GridState) -> list[_Goal]:
        """The state after each attack to come, as far as topology does not correct it."""
        lines = self._contingencies.lines
        rho = np.asarray(situation.observation.rho, dtype=float)
        loads = np.maximum(rho[lines], MIN_LOAD)
        weight = self.settings.redispatch_weight * self._share_left(situation.observation)
        weights = dict(zip(lines.tolist(), weight * loads / loads.sum()))
        return [
            _Goal(loss.state, self.settings.redispatch_limit, float(weights[loss.line]), loss.line)
            for loss in self._contingencies.losses(situation, state)
        ]

    def _share_left(self, observation: Observation) -> float:
        """What a blackout costs now, in proportion to one at the horizon."""
        if not self.settings.redispatch_horizon:
            return 1.0
        steps_left = int(observation.max_step) - int(observation.current_step)
        return float(max(steps_left, 0) / self.settings.redispatch_horizon)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What a program found for one topology.

    Attributes
    ----------
    changes:
        Changes of the generators, then what storage units and curtailment inject (MW).
    present:
        The grid as it is, without any margin.
    cost:
        What the plan leaves and holds, where holding 1 MW costs 1.
    purpose:
        The overloads that it corrects, in words.
    """

    changes: np.ndarray
    present: Case | None
    cost: float
    purpose: str


@dataclass(frozen=True, eq=False)
class _Goal:
    """A state that a plan keeps below a line load, and what a load of 1 beyond it costs.

    It is that after the loss of a line, or None: the present one.
    """

    state: GridState
    limit: float
    weight: float
    lost: int | None = None


def _forecast(situation: Situation) -> np.ndarray:
    """Production of the time series in the next step (MW), shape ``(n_gen,)``."""
    return np.asarray(situation.observation.get_forecasted_inj(1)[0], dtype=float)


def require_lines(names: Collection[str], contingencies: Sequence[str]) -> None:
    """Refuse contingencies that a grid does not have.

    Parameters
    ----------
    names:
        Of the grid's lines.

    Raises
    ------
    ConfigurationError
        The grid has no line of a name among the contingencies.
    """
    for name in contingencies:
        if name not in names:
            raise ConfigurationError(f"overload.contingencies: the grid has no line {name!r}.")
