"""Variants of an agent of powrl: the text ``[plan=false,candidates=3]``, and what it changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from ...errors import ConfigurationError, unknown_key
from ...player.agent_folder import AgentSettings
from ...player.rules.settings import OverloadSettings
from ...storage.json_file import parse_json

Value: TypeAlias = "bool | int | float | str | list[Value]"
Overrides: TypeAlias = Mapping[str, Value]

POLICY = "policy"
"""Override that is no setting: with ``policy=false`` the agent plays without its policy."""

WITHOUT_POLICY: Overrides = {POLICY: False}
FEW_SIMULATED: Overrides = {"safe_rho": 0.9, "counted_from": 0.9, "plan": False}
"""Settings with which an agent simulates `candidates` actions at most, and plans nothing."""

_WITHOUT_POLICY_TEXT = re.compile(r"(?<=\[)policy=false,?|,policy=false(?=[,\]])")
_SETTINGS_PREFIX = "overload."


def split_variant(text: str) -> tuple[str, dict[str, Value]]:
    """Split an agent and the settings behind it.

    Examples
    --------
    >>> split_variant("agents/mine[plan=false,candidates=3]")
    ('agents/mine', {'plan': False, 'candidates': 3})
    >>> split_variant("agents/mine")
    ('agents/mine', {})

    Raises
    ------
    ConfigurationError
        A setting has no value, is given twice, or does not exist.
    """
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[place], 0)
        if depth == 0:  # where the bracket at the end begins; without one it is the end
            break
    if not text.endswith("]") or depth:
        return text, {}
    return text[:place], parse_overrides(_split(text[place + 1 : -1]))


def parse_overrides(assignments: Iterable[str]) -> dict[str, Value]:
    """Parse assignments ``key=value``; a key may begin with ``overload.``, as in a configuration.

    Raises
    ------
    ConfigurationError
        A setting has no value, is given twice, or does not exist.
    """
    overrides: dict[str, Value] = {}
    for assignment in assignments:
        key, equals, value = (part.strip() for part in assignment.partition("="))
        key = key.removeprefix(_SETTINGS_PREFIX)
        if not equals or not key or not value:
            raise ConfigurationError(f"{assignment!r} needs the form setting=value.")
        if key in overrides:
            raise ConfigurationError(f"the setting {key} is given twice; give it once.")
        overrides[key] = _value(value)
    require_known(overrides)
    return overrides


def require_known(overrides: Overrides) -> None:
    """Refuse overrides that no agent of powrl has.

    Raises
    ------
    ConfigurationError
        A setting does not exist; the closest one is named.
    """
    settings = list(OverloadSettings())
    for key in overrides:
        if key not in (*settings, POLICY):
            raise ConfigurationError(f"{unknown_key(key, [*settings, POLICY])}.")


def variant_text(overrides: Overrides) -> str:
    """The text that `split_variant` reads; empty without overrides.

    Examples
    --------
    >>> variant_text({"plan": False, "contingencies": ["0_1_0"]})
    '[plan=false,contingencies=[0_1_0]]'
    """
    if not overrides:
        return ""
    return f"[{','.join(f'{key}={_text(value)}' for key, value in overrides.items())}]"


def source_with_policy(source: str) -> str | None:
    """The source of the same agent with its policy; None where a source leaves out no policy.

    Examples
    --------
    >>> source_with_policy("mine[plan=false,policy=false]")
    'mine[plan=false]'
    >>> source_with_policy("mine[policy=false]")
    'mine'
    >>> source_with_policy("mine[plan=false]")
    """
    if not source.endswith("]"):
        return None
    agent, changes = _WITHOUT_POLICY_TEXT.subn("", source)
    return agent.removesuffix("[]") if changes else None


def with_overrides(settings: AgentSettings, overrides: Overrides) -> AgentSettings:
    """The settings of an agent with other values.

    Parameters
    ----------
    settings:
        Settings as the agent folder has them.
    overrides:
        Overload setting -> its value; ``policy=False`` leaves out the policy.

    Raises
    ------
    ConfigurationError
        A setting does not exist, or its value is impossible.
    """
    require_known(overrides)
    if overrides.get(POLICY, False) is not False:
        raise ConfigurationError("policy: only policy=false can be set; leave it out.")
    changed = {key: value for key, value in overrides.items() if key != POLICY}
    try:
        overload = settings.overload.replaced(**changed)
    except ValueError as error:
        raise ConfigurationError(f"{error}.") from error
    observation = () if POLICY in overrides else settings.observation
    return replace(settings, overload=overload, observation=observation)


def _split(text: str) -> list[str]:
    """The parts of a text between the commas outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _value(text: str) -> Value:
    """A number or truth of JSON, or a list of these, of lists and of names in brackets; or a name.

    A name in quotes stays a name, also where it is a number.
    """
    if text.startswith("[") and text.endswith("]"):
        return [_value(part) for part in map(str.strip, _split(text[1:-1])) if part]
    try:
        value = parse_json(text.lower())
    except ValueError:
        return text.strip("\"'")
    return value if isinstance(value, (bool, int, float)) else text.strip("\"'")


def _text(value: Value) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, str):  # one that would be read as a number is quoted
        return value if _value(value) == value else json.dumps(value)
    return json.dumps(value)
