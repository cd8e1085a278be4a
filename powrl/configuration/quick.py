"""A quick look at the whole course of a training: what costs time is lowered."""

from __future__ import annotations

from .sections import Configuration

LIMITS = {
    "imitation.episodes": 60,
    "imitation.epochs": 20,
    "training.timesteps": 3000,
    "training.evaluation_scenarios": 12,
    "training.evaluation_seeds": 12,
    "training.evaluation_candidates": 3,
}
"""Key -> the most that it is in a quick training."""

_ALL_WHERE_0 = ("training.evaluation_scenarios", "training.evaluation_candidates")
"""Keys whose 0 stands for all of them."""


def quick_overrides(configuration: Configuration) -> list[str]:
    """The overrides that make a training quick, as ``"key.path=value"``.

    Examples
    --------
    >>> quick_overrides(Configuration(environment="l2rpn_case14_sandbox"))
    ['training.timesteps=3000', 'training.evaluation_candidates=3']
    """
    overrides = []
    for key, limit in LIMITS.items():
        section, _, name = key.partition(".")
        value = getattr(getattr(configuration, section), name)
        if value > limit or (value == 0 and key in _ALL_WHERE_0):
            overrides.append(f"{key}={limit}")
    return overrides
