"""Thresholds and switches of the overload manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ..errors import unknown_key


class SettingError(ValueError):
    """An impossible value of a setting: which one, what was given and what is allowed."""

    def __init__(self, key: str, given: object, allowed: str) -> None:
        super().__init__(f"{key}: {given!r} was given, allowed is {allowed}")


MOST = 1_000_000
"""More of anything would be a slip; Python's numbers know no end, but its floats do."""

_ALLOWED: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (
        ("critical_rho", "recovery_rho", "plan_goal", "redispatch_goal", "redispatch_limit"),
        lambda value: 0 < value <= 2,
        "a line load above 0 and up to 2",
    ),
    (
        ("safe_rho", "counted_from"),
        lambda value: 0 <= value <= 2,
        "a line load from 0 to 2",
    ),
    (
        ("candidates", "plan_width", "plan_depth", "redispatch_every", "redispatch_held_steps"),
        lambda value: 1 <= value <= MOST,
        f"a whole number from 1 to {MOST:,}",
    ),
    (
        ("redispatch_spare_steps", "redispatch_reserve", "total_seconds", "total_steps"),
        lambda value: 0 <= value <= MOST,
        f"a number from 0 to {MOST:,}",
    ),
    (("seconds",), lambda value: 0 < value <= MOST, f"a time above 0 and up to {MOST:,}"),
)
"""Settings, what they may be, and the same in words."""


@dataclass(frozen=True)
class OverloadSettings:
    """When the overload manager acts, and on what evidence.

    Attributes
    ----------
    critical_rho:
        Line load from which on the policy is asked for a remedial action.
    safe_rho:
        Simulated load under which a remedial action is taken at once, in the policy's order;
        with 0 all `candidates` are simulated and the best is taken.
    candidates:
        How many of the policy's best actions are simulated.
    counted_from:
        Outcomes are ranked by the sum of the line loads above this, rather than by the highest
        load alone; with 2 the highest load alone decides.
    seconds:
        Time that the search of one decision may take: then the best so far is played; a plan of
        the generators then leaves out the contingencies that are left.
    total_seconds, total_steps:
        Time of all decisions together, and how many there are, as a competition limits them: what
        is left of it limits the searches, and once it is spent nothing is done any more; with 0
        seconds there is no limit.
    reconnect:
        Whether disconnected lines are reconnected.
    recover:
        Whether a calm grid is brought back to the reference topology (all on busbar 1).
    recovery_rho:
        Load under which recovery begins, and which it must not exceed when simulated.
    plan:
        Whether sequences of actions are searched where no single action leads below `plan_goal`.
    plan_goal:
        Load of the most loaded line under which a sequence has reached its end.
    plan_width, plan_depth:
        States that the search keeps at each step, and steps at most.
    contingencies:
        Names of the lines whose loss is prepared for: those that the opponent attacks.
    redispatch:
        Whether generators are moved, ahead of the contingencies and on overloads. Only where
        grid2op itself is played: the episode stepper has no redispatching, so that training
        plays the other rules alone.
    redispatch_every:
        Steps between two plans of the generators while the grid is calm.
    redispatch_goal, redispatch_limit:
        Line load up to which a plan brings the grid as it is, and with each of the contingencies.
    redispatch_held_steps:
        No generator is held further from the time series than it moves in so many steps.
    redispatch_spare_steps:
        Nor brought nearer to its ends than it moves in so many steps.
    redispatch_reserve:
        What the generators together keep able to move up and down in one step (MW).
    alarm:
        Whether an alarm is raised on overloads that nothing ends. Only where the environment has
        alarms.
    alert:
        Whether an alert is raised for each line whose loss is simulated to end the episode. Only
        where the environment has alerts.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    critical_rho: float = 0.95
    safe_rho: float = 0.9
    candidates: int = 40
    counted_from: float = 0.9
    seconds: float = 1.0
    total_seconds: float = 0.0
    total_steps: int = 0
    reconnect: bool = True
    recover: bool = True
    recovery_rho: float = 0.9
    plan: bool = True
    plan_goal: float = 0.98
    plan_width: int = 10
    plan_depth: int = 5
    contingencies: tuple[str, ...] = ()
    redispatch: bool = False
    redispatch_every: int = 6
    redispatch_goal: float = 0.9
    redispatch_limit: float = 0.98
    redispatch_held_steps: int = 48
    redispatch_spare_steps: int = 12
    redispatch_reserve: float = 25.0
    alarm: bool = False
    alert: bool = False

    @classmethod
    def of(cls, body: Any) -> OverloadSettings:
        """The settings of a mapping, as JSON has them; what is left out has its default.

        Raises
        ------
        ValueError
            It is no mapping, or has an unknown key or an impossible value (`SettingError`).
        """
        if not isinstance(body, dict):
            raise ValueError("needs a mapping of settings to values")
        known = [each.name for each in fields(cls)]
        for key in body:
            if key not in known:
                raise ValueError(unknown_key(str(key), known))
        return cls(**body)

    def __post_init__(self) -> None:
        if isinstance(self.contingencies, list):  # as JSON and YAML have it
            object.__setattr__(self, "contingencies", tuple(self.contingencies))
        for each in fields(self):
            value = getattr(self, each.name)
            # a bool is an int to Python, and 1 a fine float
            wanted = (int, float) if isinstance(each.default, float) else type(each.default)
            if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
                like = (
                    "a list of names of lines"
                    if wanted is tuple
                    else f"a value like {each.default!r}"
                )
                raise SettingError(each.name, value, like)
        for keys, allows, allowed in _ALLOWED:
            for key in keys:
                if not allows(getattr(self, key)):
                    raise SettingError(key, getattr(self, key), allowed)
        if self.total_seconds and not self.total_steps:
            raise SettingError("total_steps", 0, "how many steps total_seconds is for")
        if not all(isinstance(name, str) for name in self.contingencies):
            raise SettingError("contingencies", self.contingencies, "names of lines")


GREEDY_SEARCH = OverloadSettings(
    critical_rho=0.95,
    safe_rho=0.0,
    candidates=10_000,
    counted_from=2.0,
    plan=False,
)
"""A plain greedy search, the yardstick: all candidates, the highest load alone; it reconnects and
recovers, and has no other rule."""
