"""Values that replace those of a configuration: ``--set key.path=value``."""

from __future__ import annotations

from collections.abc import MutableMapping

from ..errors import ConfigurationError, shown
from ..storage.yaml_file import load_yaml


def apply_override(body: MutableMapping[str, object], override: str) -> None:
    """Replace a value in the body of a configuration.

    Parameters
    ----------
    override:
        ``"key.path=value"``, the value in YAML.

    Raises
    ------
    ConfigurationError
        It has another form, or its path leads through a value.

    Examples
    --------
    >>> body = {"training": {"seed": 0}}
    >>> apply_override(body, "training.seed=3")
    >>> body
    {'training': {'seed': 3}}
    """
    keys, separator, text = str(override).partition("=")
    if not separator or not keys:
        raise ConfigurationError(f"--set {shown(override)}: give it as key.path=value.")
    try:
        value = load_yaml(text)
    except ValueError as error:
        raise ConfigurationError(
            f"--set {shown(override)}: the value is no YAML ({error})."
        ) from error
    *parents, last = keys.split(".")
    section = body
    for key in parents:
        below = section.setdefault(key, {})
        if not isinstance(below, dict):
            raise ConfigurationError(
                f"--set {shown(override)}: {key} is a value and has no keys below it."
            )
        section = below
    section[last] = value
