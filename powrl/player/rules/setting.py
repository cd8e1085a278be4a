"""Settings of a rule: typed fields with a default and the values that are allowed.

They are validated by hand: a server of 2021 has no pydantic.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import ConfigurationError, did_you_mean, shown, unknown_key


class SettingError(ValueError):
    """An impossible value of a setting: which one, what was given and what is allowed."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}: {shown(value)} was given, allowed is {allowed}")


class UnknownSettingError(SettingError):
    """A setting that does not exist."""

    def __init__(self, key: str, names: Iterable[str]) -> None:
        ValueError.__init__(self, unknown_key(key, names))


MAX_VALUE = 1_000_000
"""More of anything would be a slip; Python's numbers know no end, but its floats do."""


@dataclass(frozen=True)
class Allowed:
    """Which values a setting may have, or each value of a list, as a test and in words.

    Attributes
    ----------
    holds, words:
        The test, and the words.
    are_distinct:
        Whether a list may have a value only once.
    """

    holds: Callable[[Any], bool]
    words: str
    are_distinct: bool = False


def is_number(value: object) -> bool:
    """Whether a value is a number that a float holds; to Python, a bool is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max


LOAD = Allowed(lambda value: 0 < value <= 2, "a line load above 0 and up to 2")
LOAD_OR_ZERO = Allowed(lambda value: 0 <= value <= 2, "a line load from 0 to 2")
SHARE = Allowed(lambda value: 0 <= value <= 1, "a share from 0 to 1")
COUNT = Allowed(lambda value: 1 <= value <= MAX_VALUE, f"a whole number from 1 to {MAX_VALUE:,}")
POSITIVE = Allowed(
    lambda value: is_number(value) and 0 < value <= MAX_VALUE, "numbers above 0, as many as needed"
)
NUMBERS = Allowed(
    lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "whole numbers from 0",
)
LINE_NAMES = Allowed(lambda value: isinstance(value, str), "names of lines, each once", True)
AMOUNT = Allowed(lambda value: 0 <= value <= MAX_VALUE, f"a number from 0 to {MAX_VALUE:,}")


def setting(default: Any, allowed: Allowed | None = None) -> Any:
    """A field of `RuleSettings` with the values that it may have.

    Parameters
    ----------
    default:
        Its value where none is given; its type is that of the setting.
    allowed:
        The values that it may have; None: any of its type.

    Returns
    -------
    dataclasses.Field
        For the body of a frozen dataclass; the type of the attribute is that of `default`.

    Raises
    ------
    SettingError
        Not here: the settings raise it when they are made with a value that is not allowed.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class MySettings(RuleSettings):
    ...     limit: float = setting(1.2)
    """
    return field(default=default, metadata={"allowed": allowed})


@dataclass(frozen=True)
class RuleSettings:
    """Base of the settings of a rule; a subclass is a frozen dataclass of fields with defaults.

    Raises
    ------
    SettingError
        A value has another type than the default, or is not allowed.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class MySettings(RuleSettings):
    ...     limit: float = setting(1.2, LOAD)
    >>> MySettings(limit=1.5).limit
    1.5
    """

    def __post_init__(self) -> None:
        for declared in fields(self):
            value = getattr(self, declared.name)
            if isinstance(declared.default, tuple) and isinstance(value, list):
                object.__setattr__(self, declared.name, tuple(value))  # as JSON and YAML have it
            allowed = declared.metadata.get("allowed")
            words = allowed.words if allowed else "a list of names"
            _require_type(declared.name, getattr(self, declared.name), declared.default, words)
            values = value if isinstance(declared.default, tuple) else (value,)
            if allowed is None:
                continue
            holds = all(map(allowed.holds, values))
            if not holds or (allowed.are_distinct and len({*values}) < len(values)):
                raise SettingError(declared.name, value, allowed.words)

    def require_lines(self, names: Collection[str]) -> None:
        """Refuse settings that name lines which a grid does not have.

        Parameters
        ----------
        names:
            Of the grid's lines.

        Raises
        ------
        ConfigurationError
            The grid has no line of a name among the settings that are `LINE_NAMES`.
        """
        for declared in fields(self):
            if declared.metadata.get("allowed") is not LINE_NAMES:
                continue
            for name in getattr(self, declared.name):
                if name not in names:
                    raise ConfigurationError(
                        f"overload.{declared.name}: the grid has no line {name!r}."
                        f"{did_you_mean(name, names)}"
                    )

    @property
    def is_on(self) -> bool:
        """Whether the rule has a part in decisions."""
        return True


def _require_type(name: str, value: object, default: object, words: str) -> None:
    # a bool is an int to Python, and 1 a fine float
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    if isinstance(value, kinds) and isinstance(value, bool) == (kinds == (bool,)):
        return
    like = words if kinds == (tuple,) else f"a value like {default!r}"
    raise SettingError(name, value, like)
