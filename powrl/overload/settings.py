"""Thresholds and switches of the overload manager."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


class SettingError(ValueError):
    """An impossible value of a setting: which one, what was given and what is allowed."""

    def __init__(self, key: str, given: object, allowed: str) -> None:
        super().__init__(f"{key}: {given!r} was given, allowed is {allowed}")
        self.key = key
        self.given = given
        self.allowed = allowed


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
    reconnect:
        Whether disconnected lines are reconnected.
    recover:
        Whether a calm grid is brought back to the reference topology (all on busbar 1).
    recovery_rho:
        Load under which recovery begins, and which it must not exceed when simulated.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    critical_rho: float = 0.95
    safe_rho: float = 0.9
    candidates: int = 40
    reconnect: bool = True
    recover: bool = True
    recovery_rho: float = 0.9

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            # a bool is an int to Python, and 1 a fine float
            wanted = (int, float) if isinstance(each.default, float) else type(each.default)
            if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
                raise SettingError(each.name, value, f"a value like {each.default!r}")
        for key in ("critical_rho", "recovery_rho"):
            value = getattr(self, key)
            if not 0 < value <= 2:
                raise SettingError(key, value, "a line load above 0 and up to 2")
        if not 0 <= self.safe_rho <= 2:
            raise SettingError("safe_rho", self.safe_rho, "a line load from 0 to 2")
        if self.candidates < 1:
            raise SettingError("candidates", self.candidates, "a whole number of 1 or more")
