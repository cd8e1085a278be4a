"""The settings of the overload manager: those of all its rules, under one roof."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from ..plugins import is_plugin
from .order import RULES
from .setting import RuleSettings, UnknownSettingError
from .situation import ManagerSettings

KINDS: tuple[type[RuleSettings], ...] = tuple(
    dict.fromkeys((ManagerSettings, *(rule.Settings for rule in RULES)))  # some share theirs
)

OWNERS = {declared.name: kind for kind in KINDS for declared in fields(kind)}
"""Name of each setting -> the settings that it belongs to."""

SomeSettings = TypeVar("SomeSettings", bound=RuleSettings)


class OverloadSettings:
    """When the overload manager acts, and on what evidence; it is immutable.

    Each setting belongs to a rule (`powrl.player.rules`), whose `Settings` say what it means. Their
    names are unique, so that files hold them in one mapping. A plug-in's settings stand in a
    mapping of their own, under its ``module:name``.

    Parameters
    ----------
    **values:
        Settings by name; those that are left out have their defaults.

    Raises
    ------
    ValueError
        A key is unknown, or a value is impossible (`SettingError`).

    Examples
    --------
    >>> settings = OverloadSettings(critical_rho=1.0, plan=False)
    >>> settings.plan_depth
    5
    >>> settings.to_json()
    {'critical_rho': 1.0, 'plan': False}
    """

    def __init__(self, **values: Any) -> None:
        for key in values:
            if key not in OWNERS and not is_plugin(key):
                raise UnknownSettingError(str(key), OWNERS)
        parts = {
            kind: kind(**{key: values[key] for key in values if OWNERS.get(key) is kind})
            for kind in KINDS
        }
        plugins = {
            key: _plugin_values(key, value) for key, value in values.items() if is_plugin(key)
        }
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "plugins", plugins)

    _parts: dict[type[RuleSettings], RuleSettings]
    plugins: dict[str, dict[str, Any]]
    """Settings of plug-ins, in the order in which their rules are asked."""

    @classmethod
    def from_json(cls, body: object) -> OverloadSettings:
        """The settings of a mapping, as JSON and YAML have it.

        Parameters
        ----------
        body:
            Settings by name; those that are left out have their defaults.

        Raises
        ------
        ValueError
            It is no mapping, or has an unknown key or an impossible value (`SettingError`).
        """
        if isinstance(body, OverloadSettings):
            return body
        if not isinstance(body, Mapping):
            raise ValueError("needs a mapping of settings to values")
        return cls(**{str(key): value for key, value in body.items()})

    def part(self, kind: type[SomeSettings]) -> SomeSettings:
        """The settings of one rule, or those that all share (`ManagerSettings`).

        Parameters
        ----------
        kind:
            The rule's ``Settings``, or `ManagerSettings`.
        """
        part = self._parts[kind]
        assert isinstance(part, kind)
        return part

    def require_lines(self, names: Collection[str]) -> None:
        """Refuse settings of powrl's rules that name lines which a grid does not have.

        Parameters
        ----------
        names:
            Of the grid's lines.

        Raises
        ------
        ConfigurationError
            The grid has no line of a name (`RuleSettings.require_lines`).
        """
        for part in self._parts.values():
            part.require_lines(names)

    def replaced(self, **values: Any) -> OverloadSettings:
        """The same settings but for some.

        Parameters
        ----------
        **values:
            The new values, by name.

        Raises
        ------
        ValueError
            A key is unknown, or a value is impossible (`SettingError`).
        """
        return OverloadSettings(**{**self.values(), **self.plugins, **values})

    def values(self) -> dict[str, Any]:
        """Every setting of powrl's own rules, by name."""
        return {key: value for part in self._parts.values() for key, value in asdict(part).items()}

    def to_json(self) -> dict[str, Any]:
        """What differs from the defaults; `from_json` reads it back."""
        defaults = OverloadSettings().values()
        differs = {key: value for key, value in self.values().items() if value != defaults[key]}
        return {**differs, **self.plugins}

    def __getattr__(self, name: str) -> Any:
        owner = OWNERS.get(name)
        if owner is None or "_parts" not in self.__dict__:
            raise AttributeError(f"there is no setting {name!r}.")
        return getattr(self._parts[owner], name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings do not change; use replaced({name}=...).")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OverloadSettings):
            return NotImplemented
        return (self.values(), list(self.plugins.items())) == (
            other.values(),
            list(other.plugins.items()),
        )

    def __hash__(self) -> int:
        return hash((tuple(self.values().values()), tuple(self.plugins)))

    def __repr__(self) -> str:
        return f"OverloadSettings(**{self.to_json()})"

    def __iter__(self) -> Iterator[str]:
        return iter(self.values())


def _plugin_values(key: str, value: object) -> dict[str, Any]:
    if value is None or value is True:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{key}: needs a mapping of the rule's settings to values")
    return {str(name): setting for name, setting in value.items()}


GREEDY_SEARCH = OverloadSettings(
    critical_rho=0.95,
    safe_rho=0.0,
    candidates=10_000,
    counted_from=2.0,
    plan=False,
)
"""A plain greedy search, the yardstick: all candidates, the highest load alone; it reconnects and
recovers, and has no other rule."""
