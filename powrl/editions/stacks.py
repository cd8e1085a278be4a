"""The packages that the competitions' servers had."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Stack:
    """What a competition's server had installed.

    Attributes
    ----------
    python:
        Its Python, as ``3.10``. Where that was too old to play a submission, but its packages run
        on a later one: the oldest that can (`powrl.submission.stack.OLDEST_PYTHON`).
    requirements:
        Requirements for pip. The packages that they depend on are not pinned.
    others:
        Requirements of packages that a submission could import besides, as far as the organisers
        name them; without a version where they name none.
    """

    python: str
    requirements: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def modules(self) -> dict[str, str]:
        """Top-level module of each of `others` -> its requirement."""
        return {module_of(requirement): requirement for requirement in self.others}


_MODULES = {
    "bayesian-optimization": "bayes_opt",
    "dm-acme": "acme",
    "dm-sonnet": "sonnet",
    "hydra-core": "hydra",
    "open-spiel": "pyspiel",
    "opencv-python": "cv2",
    "scikit-learn": "sklearn",
}
"""Packages whose modules have other names."""


def module_of(requirement: str) -> str:
    """The top-level module of a requirement.

    Examples
    --------
    >>> module_of("scikit-learn==1.2.2"), module_of("stable-baselines3")
    ('sklearn', 'stable_baselines3')
    """
    name = re.split(r"[=<>\[]", requirement)[0]
    return _MODULES.get(name, name.replace("-", "_"))


def stacks_with(modules: Iterable[str]) -> list[str]:
    """Names of the editions whose servers had all of these modules among their `Stack.others`."""
    needed = set(modules)
    return [name for name, stack in STACKS.items() if needed <= stack.modules.keys()]


_OTHERS_2020 = ("ray==0.8.7", "gym==0.17.2", "tensorflow==2.3.0", "torch", "tianshou")
_WCCI_2020 = Stack("3.6", ("grid2op==0.9.4",), _OTHERS_2020)
_NEURIPS_2020 = Stack("3.6", ("grid2op==1.2.2",), _OTHERS_2020)
_DELFT_2023 = Stack(
    "3.10",
    (
        "grid2op==1.9.0",
        "lightsim2grid==0.7.2",
        "pandapower==2.13.1",
        "numpy==1.23.5",
        "scipy==1.10.1",
        "networkx==3.1",
    ),
    (
        *("torch==2.0.1", "tensorflow==2.12.0", "stable-baselines3==2.0.0", "gymnasium==0.28.1"),
        *("gym==0.26.2", "jax==0.4.12", "scikit-learn==1.2.2", "cvxpy==1.3.1", "cvxopt==1.3.1"),
        *("cylp==0.91.6", "ortools==9.6.2534", "numba==0.57.0", "dgl==1.1.0", "dm-sonnet==2.0.1"),
        *("dm-acme==0.4.0", "bayesian-optimization==1.4.3", "nevergrad==0.6.0"),
        *("opencv-python==4.7.0.72", "tianshou==0.5.0", "ray", "statsmodels==0.14.0"),
    ),
)

_VALIDATION_HUB = Stack(
    "3.10",
    (
        "grid2op==1.10.5",
        "lightsim2grid==0.10.3",
        "pandapower==2.14.11",
        "numpy==1.26.4",
        "scipy==1.13.1",
        "pandas==2.3.3",
    ),
    (
        *("torch==2.12.0", "tensorflow==2.12.1", "stable-baselines3==2.8.0", "gymnasium==0.29.1"),
        *("ray==2.5.1", "scikit-learn"),
    ),
)

STACKS = {
    "wcci2020": _WCCI_2020,
    "neurips2020": _NEURIPS_2020,
    "neurips2020-track2": _NEURIPS_2020,
    "icaps2021": Stack(
        "3.8",
        (
            "grid2op==1.6.3",
            "lightsim2grid==0.5.4",
            "pandapower==2.6.0",
            "numba==0.53.0",
            "numpy==1.19.5",
            "scipy==1.6.0",
            "pandas==1.2.4",
        ),
        (
            *("torch==1.8.1", "torchvision==0.9.1", "tensorflow==2.5.0", "gym==0.18.3"),
            *("tensorflow-probability==0.12.2", "stable-baselines3==1.0", "ray==1.4.0"),
            *("tianshou==0.4.1", "spektral==1.0.6", "jax==0.2.14", "dm-acme==0.2.1"),
            *("dm-sonnet==2.0.0", "scikit-learn==0.24.2", "statsmodels==0.12.2"),
            *("cvxpy==1.1.13", "ortools==9.0.9048", "bayesian-optimization==1.2.0"),
            "nevergrad==0.4.3.post4",
        ),
    ),
    "wcci2022": Stack(
        "3.8",
        (
            "grid2op==1.7.0",
            "lightsim2grid==0.7.0",
            "pandapower==2.8.0",
            "numpy<1.24",
            "pandas<2",
        ),
        (
            *("torch", "tensorflow", "stable-baselines3", "gym", "scikit-learn", "ray", "numba"),
            *("cvxpy==1.2.1", "cvxopt==1.3.0", "cylp==0.91.5", "ortools", "jax", "flax==0.3.4"),
            *("dgl==0.8.2", "dm-acme==0.4.0", "dm-sonnet==2.0.0"),
            "bayesian-optimization==1.2.0",
        ),
    ),
    "delft2023": _DELFT_2023,
    "idf2023": Stack(
        "3.10",
        ("grid2op==1.9.1", *_DELFT_2023.requirements[1:]),
        (
            *(other for other in _DELFT_2023.others if not other.startswith("ortools")),
            *("ortools==9.4.1874", "torchvision==0.15.2", "tensorflow-probability==0.20.1"),
            *("lightgbm==3.3.5", "xgboost==1.7.5", "transformers==4.30.2", "shap==0.41.0"),
            *("hydra-core==1.3.2", "openpyxl==3.1.2", "open-spiel==1.3"),
        ),
    ),
    **dict.fromkeys(
        (
            *("ai4realnet-small", "ai4realnet-small-noisy"),
            *("ai4realnet-large", "ai4realnet-large-noisy"),
        ),
        _VALIDATION_HUB,
    ),
}
"""Name of each edition -> its stack, as far as it matters for a power flow.

The sources are the organisers (issues 97, 233, 332, 465 and 484 of grid2op) and the winners of
2020. For WCCI 2022 the stack holds versions that go together.
"""
