"""The search space of a configuration, as Optuna's distributions and as overrides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ...configuration.loading import load_configuration
from ...configuration.tuning_section import Choices, Interval, SearchSpace
from ...errors import ConfigurationError

_PLAIN = (bool, int, float, str)


def distributions_of(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Key of the configuration -> the distribution that its values are drawn from."""
    return {key: _distribution(values) for key, values in space.items()}


def overrides_of(values: Mapping[str, Any]) -> list[str]:
    """The values of a trial as ``"key.path=value"``."""
    return [f"{key}={_as_yaml(value)}" for key, value in values.items()]


def require_space(source: Path | str, space: SearchSpace, data: str | None) -> None:
    """Refuse a search space with a value that the configuration does not allow.

    Parameters
    ----------
    source, data:
        The configuration, and the place of its scenarios.

    Raises
    ------
    ConfigurationError
        The first such value: a bound of an interval, or one of several to choose from.
    """
    for key, values in space.items():
        try:
            for value in _extremes(values):
                load_configuration(source, overrides_of({key: value}), data)
        except ConfigurationError as error:  # noqa: PERF203 - the first one ends it
            raise ConfigurationError(f"tuning.space.{key}: {error}") from error


def shown_value(value: Any) -> str:
    """A value of a trial as text, for tables."""
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _distribution(values: Interval | Choices) -> BaseDistribution:
    if isinstance(values, Choices):
        return CategoricalDistribution(tuple(map(_storable, values.choices)))
    if values.is_whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def _extremes(values: Interval | Choices) -> list[Any]:
    if isinstance(values, Choices):
        return list(map(_storable, values.choices))
    return [values.low, values.high]


def _storable(value: Any) -> bool | int | float | str:
    """A choice as Optuna keeps it; lists and the like as JSON, which is YAML, too."""
    return value if isinstance(value, _PLAIN) else json.dumps(value)


def _as_yaml(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = yaml.safe_dump([value], default_flow_style=True, width=10**6)
    return text.strip()[1:-1]
