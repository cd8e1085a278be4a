"""Opponents of the stepper: grid2op's own, with the same attacks from the same seed, or another."""

from __future__ import annotations

import copy
from typing import Any, Protocol, TypeVar

import numpy as np

from ...errors import PowrlError
from ...player.grid.grid2op_objects import Environment
from ...player.grid2op_internals import (
    area_opponents,
    attack_facts,
    geometric_attack_facts,
    opponent_space,
    weighted_attack_facts,
)

Lines = tuple[int, ...]
"""Numbers of lines; none: nothing is attacked."""


class Opponent(Protocol):
    """Takes lines out; an opponent of your own for training is a class of this shape.

    It is made for each episode as ``opponent(grid, seed)``, with the `Grid` and the seed of the
    episode.

    Attributes
    ----------
    remaining:
        Steps that the attack lasts from now on: so long its lines cannot be reconnected.

    Examples
    --------
    >>> class FirstLineAtNoon:
    ...     def __init__(self, grid, seed):
    ...         self.step, self.remaining = 0, 0
    ...
    ...     def next(self, line_status, rho):
    ...         self.step += 1
    ...         self.remaining = max(0, 156 - self.step % 288)
    ...         return (0,) if self.step % 288 >= 144 and self.remaining else ()
    ...
    ...     def copy(self):
    ...         return copy.copy(self)
    """

    remaining: int

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> Lines:
        """The lines that are under attack in this step.

        Parameters
        ----------
        line_status, rho:
            Attributes of the last observation, shape ``(n_line,)``.
        """
        ...

    def copy(self) -> Opponent:
        """An independent opponent that will make the same attacks."""
        ...


class LineChoice(Protocol):
    """When an opponent of grid2op attacks, and which lines."""

    def choose(self, line_status: np.ndarray, rho: np.ndarray, failed: bool) -> tuple[Lines, Any]:
        """The lines to attack now and for how many steps (None: as long as is allowed).

        Parameters
        ----------
        line_status, rho:
            Attributes of the last observation.
        failed:
            Whether the last attack could not be carried out.
        """
        ...

    def attack_goes_on(self) -> None:
        """An attack is under way or too recent, so that there is no choice in this step."""
        ...

    def copy(self) -> LineChoice:
        """An independent one that will make the same choices."""
        ...


class NoAttacks:
    """The opponent that never attacks (``grid2op.Opponent.BaseOpponent``)."""

    remaining = 0

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> Lines:
        """No line."""
        del line_status, rho
        return ()

    def copy(self) -> NoAttacks:
        """There is nothing that changes."""
        return self


SameChoice = TypeVar("SameChoice", bound="_DrawnChoice")


class _DrawnChoice:
    """The lines, the generator and the wait of an opponent that draws its attacks."""

    def __init__(self, opponent: object) -> None:
        facts = attack_facts(opponent)
        self._lines = np.array(facts.lines, dtype=int)
        self._random = copy_random(facts.random)
        self._wait: Any = facts.wait

    def attack_goes_on(self) -> None:
        """The wait for the next attack begins anew."""
        self._wait = None

    def copy(self: SameChoice) -> SameChoice:
        """An independent one that will make the same choices."""
        other = copy.copy(self)
        other._random = copy_random(self._random)
        return other


class WeightedChoice(_DrawnChoice):
    """A random time, and a line weighted by its load (``WeightedRandomOpponent``)."""

    def __init__(self, opponent: object) -> None:
        super().__init__(opponent)
        normalization, self._period = weighted_attack_facts(opponent)
        self._normalization = np.array(normalization)

    def choose(self, line_status: np.ndarray, rho: np.ndarray, failed: bool) -> tuple[Lines, Any]:
        """A line, when the time drawn has come."""
        del failed
        if self._wait is None:
            self._wait = 1 + self._random.randint(self._period)
        self._wait -= 1
        if self._wait > 0:
            return (), 0
        connected = line_status[self._lines]
        if not connected.any():
            return (), 0
        weights = rho[self._lines][connected] / self._normalization[connected]
        total = weights.sum()
        if total <= 0:
            return (), 0
        chosen = self._random.choice(int(connected.sum()), p=weights / total)
        return (int(self._lines[connected][chosen]),), None


class GeometricChoice(_DrawnChoice):
    """Times and durations drawn ahead, a line by the rank of its load (``GeometricOpponent``)."""

    def __init__(self, opponent: object) -> None:
        super().__init__(opponent)
        self._ratio, waits, durations, count = geometric_attack_facts(opponent)
        self._waits: list[int] = np.asarray(waits, dtype=int).tolist()
        self._durations: list[int] = np.asarray(durations, dtype=int).tolist()
        self._count = int(count)

    def choose(self, line_status: np.ndarray, rho: np.ndarray, failed: bool) -> tuple[Lines, Any]:
        """A line, when the time of the next attack has come and none of the lines is out."""
        if self._count >= len(self._waits):
            return (), None
        if failed:
            self._wait = self._waits[self._count] + self._durations[self._count - 1]
        if self._wait is None:
            self._wait = 1 + self._waits[self._count]
        duration = self._durations[self._count]
        self._wait -= 1
        if self._wait > 0:
            return (), None
        self._count += 1
        if not line_status[self._lines].all():
            return (), None
        if len(self._lines) == 1:
            return (int(self._lines[0]),), duration
        ranks = np.empty(len(self._lines), dtype=int)
        ranks[rho[self._lines].argsort()] = np.arange(len(self._lines))
        weights = np.exp(np.log(self._ratio) / (len(self._lines) - 1) * ranks)
        chosen = self._random.choice(len(self._lines), p=weights / weights.sum())
        return (int(self._lines[chosen]),), duration


class AreaChoice:
    """An opponent for each area, of which several may attack (``GeometricOpponentMultiArea``).

    grid2op takes each step for a new attack of one step, so that the lines are not in cooldown.
    """

    def __init__(self, opponent: object) -> None:
        self._areas: list[LineChoice] = [GeometricChoice(area) for area in area_opponents(opponent)]
        self._lines: list[Lines] = [()] * len(self._areas)
        self._steps = [-1] * len(self._areas)  # -1: the area may attack

    def choose(self, line_status: np.ndarray, rho: np.ndarray, failed: bool) -> tuple[Lines, Any]:
        """The lines under attack in all areas, for one step."""
        for number, area in enumerate(self._areas):
            self._steps[number] = max(self._steps[number] - 1, -1)
            if self._steps[number] >= 0:
                area.attack_goes_on()
                continue
            lines, duration = area.choose(line_status, rho, failed)
            self._lines[number] = lines
            if lines:
                self._steps[number] = int(duration)
        return tuple(sorted(line for lines in self._lines for line in lines)), 1

    def attack_goes_on(self) -> None:
        """Nothing to note: grid2op has no pause between the attacks of this opponent."""

    def copy(self) -> AreaChoice:
        """An independent one that will make the same choices."""
        other = copy.copy(self)
        other._areas = [area.copy() for area in self._areas]
        other._lines, other._steps = list(self._lines), list(self._steps)
        return other


class Attacks:
    """The budget, duration and pause of attacks (``grid2op.Opponent.OpponentSpace``).

    Attributes
    ----------
    lines:
        Lines under attack.
    remaining:
        Steps that the attack lasts from now on.
    """

    def __init__(
        self, opponent_space: Any, choice: LineChoice, cost_of_a_line: Any, no_cost: Any
    ) -> None:
        self._choice = choice
        self._cost_of_a_line, self._no_cost = cost_of_a_line, no_cost
        self._budget = opponent_space.budget
        self._income = opponent_space.budget_per_timestep
        self._longest = opponent_space.attack_max_duration
        self._usual = self._longest if np.isfinite(self._longest) else 1
        self._pause = opponent_space.attack_cooldown
        self._pause_left = opponent_space.current_attack_cooldown
        self._failed = opponent_space.previous_fails
        self.remaining = opponent_space.current_attack_duration
        self.lines: Lines = ()

    @classmethod
    def from_environment(cls, environment: Environment) -> Opponent:
        """The opponent of an environment that was just reset.

        Raises
        ------
        PowrlError
            An opponent, or a budget, that only grid2op can play.
        """
        from grid2op.Opponent import (
            BaseActionBudget,
            BaseOpponent,
            GeometricOpponent,
            GeometricOpponentMultiArea,
            NeverAttackBudget,
            OpponentSpace,
            UnlimitedBudget,
            WeightedRandomOpponent,
        )

        choices: dict[type, Any] = {
            BaseOpponent: None,
            WeightedRandomOpponent: WeightedChoice,
            GeometricOpponent: GeometricChoice,
            GeometricOpponentMultiArea: AreaChoice,
        }
        # what an attack on one line costs, in the types of grid2op's sums
        costs: dict[type, tuple[Any, Any]] = {
            BaseActionBudget: (np.int64(1), 0),
            NeverAttackBudget: (np.inf, 0.0),
            UnlimitedBudget: (np.float32(0), np.float32(0)),
        }
        space = opponent_space(environment)
        kinds = (type(space.opponent), type(space.compute_budget), type(space))
        if kinds[0] not in choices or kinds[1] not in costs or kinds[2] is not OpponentSpace:
            names = ", ".join(kind.__name__ for kind in kinds)
            raise PowrlError(
                f"the opponent of this environment ({names}) can only be played by grid2op; "
                "use the engine grid2op."
            )
        choice = choices[kinds[0]]
        if choice is None:
            return NoAttacks()
        return cls(space, choice(space.opponent), *costs[kinds[1]])

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> Lines:
        """The lines that are under attack in this step.

        Parameters
        ----------
        line_status, rho:
            Attributes of the last observation, shape ``(n_line,)``.
        """
        self._budget += self._income
        self.remaining = max(0, self.remaining - 1)
        self._pause_left = max(0, self._pause_left - 1)
        lines: Lines = ()
        if self.remaining > 0 or self._pause_left > self._pause:
            lines = self.lines if self.remaining > 0 else ()
            self._choice.attack_goes_on()
            self._failed = False
        else:
            lines, duration = self._choice.choose(line_status, rho, self._failed)
            if duration is None:
                duration = self._usual
            self._failed = False
            if duration > self._longest:
                lines, self._failed = (), True
            if duration * self._cost_of(lines) > self._budget:
                lines, self._failed = (), True
            if lines:
                self.remaining = duration
                self._pause_left += self._pause
        self._budget -= self._cost_of(lines)
        self.lines = lines
        return lines

    def copy(self) -> Attacks:
        """An independent opponent that will make the same attacks."""
        other = copy.copy(self)
        other._choice = self._choice.copy()
        return other

    def _cost_of(self, lines: Lines) -> Any:
        return len(lines) * self._cost_of_a_line if lines else self._no_cost


def copy_random(random: np.random.RandomState) -> np.random.RandomState:
    """A generator that will draw the same numbers."""
    other = np.random.RandomState()
    other.set_state(random.get_state())
    return other
