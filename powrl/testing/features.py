"""The conformance test of a feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..engines.engine import Engine, EngineName
from ..engines.fast.engine import FastEngine
from ..engines.grid2op_engine import Grid2opEngine
from ..player.grid.grid2op_objects import Environment
from ..player.grid.observation import Observation
from ..player.plugins import is_plugin, load_plugin
from ..player.policy.features import Features, PluginFeature
from .surroundings import SMALLEST, Place, Unchanged, opened, require

Feature: TypeAlias = Callable[[Observation], object]

_TOLERANCE = 1e-3
"""Relative and absolute difference of a value on two engines, which differ by 2e-7 themselves."""


def check_feature(
    feature: str | Feature,
    environment: Place = SMALLEST,
    *,
    engines: Sequence[EngineName] = ("grid2op", "fast"),
    steps: int = 3,
    seed: int = 0,
    folders: Sequence[Path] = (),
) -> None:
    """Require that a feature can be trained with, scored and submitted.

    It has to return numbers, finite as float32, as many at every step and in every scenario; the
    same twice for one observation, and the same on all engines; and to leave its observation as it
    is.

    Parameters
    ----------
    feature:
        A function ``observation -> array``, its name as ``module:name``, or a group of powrl.
    environment:
        Name of an environment bundled with grid2op, environment folder, or environment of grid2op.
        Its first two scenarios are played by doing nothing.
    engines:
        Engines whose observations it has to read.
    steps:
        Steps of each scenario.
    seed:
        Seed of the episodes.
    folders:
        Where the module of a name is looked for first.

    Raises
    ------
    AssertionError
        The feature fails one of the requirements; the sentence says which.
    PowrlError
        It raises an error, returns a value that is not finite or another number of values; or the
        environment cannot be opened, or not be played by one of the engines.

    Examples
    --------
    >>> check_feature("line_load")
    >>> check_feature(lambda observation: observation.gen_p / 100.0)
    """
    name, function = _function_of(feature, folders)
    read = PluginFeature(name, function)
    with opened(environment) as played:
        values = [_values(read, _engine(kind, played), steps, seed) for kind in engines]
    for kind, other in zip(engines[1:], values[1:], strict=True):
        same = len(other) == len(values[0]) and all(
            np.allclose(one, two, rtol=_TOLERANCE, atol=_TOLERANCE)
            for one, two in zip(values[0], other, strict=True)
        )
        require(
            same,
            f"the feature {name} has other values on the engine {kind} than on {engines[0]}; read "
            "the attributes of powrl.Observation alone.",
        )


def _function_of(feature: str | Feature, folders: Sequence[Path]) -> tuple[str, Feature]:
    if not isinstance(feature, str):
        return getattr(feature, "__name__", repr(feature)), feature
    return feature, load_plugin(feature, folders) if is_plugin(feature) else Features([feature])


def _engine(kind: EngineName, environment: Environment) -> Engine:
    return FastEngine(environment) if kind == "fast" else Grid2opEngine(environment)


def _values(read: PluginFeature, engine: Engine, steps: int, seed: int) -> list[np.ndarray]:
    """The feature's values in all steps of two scenarios."""
    values = []
    for scenario in engine.scenarios[:2]:
        episode = engine.start(scenario, seed)
        while not episode.done and episode.steps < steps:
            values.append(_values_of(read, episode.observation))
            episode.step()
    return values


def _values_of(read: PluginFeature, observation: Observation) -> np.ndarray:
    subject = f"the feature {read.reference}"
    before = Unchanged(observation)
    (once,), (again,) = read(observation), read(observation)
    require(
        np.array_equal(once, again),
        f"{subject} returns other values for the same observation; draw nothing at random, and "
        "remember nothing.",
    )
    before.require(subject)
    require(len(once) > 0, f"{subject} returns no number; return at least one.")
    return once
