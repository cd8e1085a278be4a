"""Rules of a user's own: loaded, checked and made as powrl's are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from inspect import isabstract
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError, PowrlError
from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from ..plugins import PLUGIN_ERRORS, load_plugin
from .order import RULES
from .rule import Phase, Rule, Unavailable
from .setting import RuleSettings, SettingError, UnknownSettingError


def load_rules(
    plugins: Mapping[str, Mapping[str, Any]], folders: Sequence[Path] = ()
) -> dict[type[Rule], RuleSettings]:
    """The rules that settings name, each with its settings.

    Parameters
    ----------
    plugins:
        ``module:name`` -> values of the rule's settings.
    folders:
        Where the modules are looked for first.

    Raises
    ------
    PowrlError
        A plug-in cannot be imported, is no rule, is named twice, or has an impossible setting.
    """
    rules: dict[type[Rule], RuleSettings] = {}
    for reference, values in plugins.items():
        rule = _rule(reference, folders)
        if rule in rules or rule in RULES:
            raise ConfigurationError(
                f"the rule {reference} is there already; name each rule once, and none of powrl's."
            )
        rules[rule] = _settings(reference, rule, values)
    return rules


def create_rule(
    kind: type[Rule], grid: Grid, simulator: Simulator, settings: RuleSettings
) -> Rule | Unavailable | None:
    """A rule on a grid; None: it is switched off.

    Raises
    ------
    PowrlError
        It does not fit the grid, or raises as it is made.
    """
    settings.require_lines(grid.line_numbers)
    try:
        if not kind.is_on(settings):
            return None
        rule = kind.create(grid, simulator, settings)
    except PowrlError:
        raise
    except PLUGIN_ERRORS as error:
        raise ConfigurationError(
            f"the rule {kind.__name__} cannot be made: {type(error).__name__}: {error}."
        ) from error
    if not isinstance(rule, (Rule, Unavailable)):
        raise ConfigurationError(
            f"the rule {kind.__name__} cannot be made: `create` returns neither a rule nor "
            "`Unavailable`."
        )
    return rule


def _rule(reference: str, folders: Sequence[Path]) -> type[Rule]:
    rule = load_plugin(reference, folders)
    if not isinstance(rule, type) or not issubclass(rule, Rule) or isabstract(rule):
        raise ConfigurationError(
            f"the plug-in {reference} is no rule: give a subclass of powrl.Rule with `apply`."
        )
    if not isinstance(getattr(rule, "name", None), str) or not isinstance(
        getattr(rule, "phase", None), Phase
    ):
        raise ConfigurationError(
            f"the rule {reference} needs a `name`, a text, and a `phase`, one of powrl.Phase."
        )
    if not isinstance(rule.Settings, type) or not issubclass(rule.Settings, RuleSettings):
        raise ConfigurationError(
            f"the rule {reference} needs `Settings` that are a subclass of powrl.RuleSettings."
        )
    return rule


def _settings(reference: str, rule: type[Rule], values: Mapping[str, Any]) -> RuleSettings:
    try:
        names = [declared.name for declared in fields(rule.Settings)]
        for key in values:
            if key not in names:
                raise UnknownSettingError(key, names)
        return rule.Settings(**values)
    except SettingError as error:
        raise ConfigurationError(f"{reference}, {error}.") from error
    except PLUGIN_ERRORS as error:
        raise ConfigurationError(
            f"the settings of the rule {reference} cannot be made: {type(error).__name__}: {error}."
        ) from error
