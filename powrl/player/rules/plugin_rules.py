"""Rules of a user's own: loaded, checked and made as powrl's are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from inspect import isabstract
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError, unknown_key
from ..plugins import load_plugin
from .rule import Phase, Rule
from .setting import RuleSettings, SettingError


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
    ConfigurationError
        A plug-in cannot be imported, is no rule, or has an impossible setting.
    """
    return {
        rule: _settings(reference, rule, values)
        for reference, values in plugins.items()
        for rule in (_rule(reference, folders),)
    }


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
    known = [declared.name for declared in fields(rule.Settings)]
    for key in values:
        if key not in known:
            raise ConfigurationError(f"{reference}, {unknown_key(key, known)}.")
    try:
        return rule.Settings(**values)
    except SettingError as error:
        raise ConfigurationError(f"{reference}, {error}.") from error
