"""Conformance tests for the parts of another project: plain functions to call in its own tests.

Each raises an ``AssertionError`` or a `PowrlError`, whose sentence says what to mend.

- ``agents``: `check_agent`: an agent of any kind plays legally, and alike from one seed
- ``rules``: `check_rule`: a rule of the overload manager
- ``features``: `check_feature`: a feature of a policy
- ``engines``: `check_engine`: an engine plays as grid2op does, step by step
- ``editions``: `check_edition`: the scoring of an edition
- ``comparison``, ``random_play``: how two engines are compared, and what is played on them
- ``surroundings``: environments that the checks play

Examples
--------
>>> from powrl.testing import check_feature
>>> def test_my_feature():
...     check_feature(lambda observation: observation.gen_p / 100)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agents import check_agent
    from .editions import check_edition
    from .engines import check_engine
    from .features import check_feature
    from .rules import check_rule

__all__ = ["check_agent", "check_edition", "check_engine", "check_feature", "check_rule"]

_PLACES = {name: f".{name.removeprefix('check_')}s" for name in __all__}
"""Function -> its module, imported when it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
