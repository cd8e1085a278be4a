"""powrl: reinforcement learning with heuristic overload management for power grids (L2RPN).

This is the public face: what stands in ``__all__`` is kept, all else may move. A name is imported
when it is asked for, so that ``import powrl`` stays fast.

Examples
--------
>>> import powrl
>>> agent = powrl.load_agent("l2rpn_case14_sandbox/powrl", environment)
>>> result = powrl.score("l2rpn_case14_sandbox/powrl", seeds=1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import gymnasium

from .player import NAMES as _PLAYER

if TYPE_CHECKING:
    from .learning.training import train_configuration as train
    from .learning.tuning.functions import tune
    from .player.actions.action_set import ActionSet
    from .player.actions.grid_action import GridAction
    from .player.errors import (
        ConfigurationError,
        GridMismatchError,
        NotSupportedError,
        PowrlError,
    )
    from .player.grid.grid import Grid
    from .player.grid.observation import Observation
    from .player.rules.decision import Candidate, Decision
    from .player.rules.rule import Phase, Rule, Unavailable
    from .player.rules.setting import RuleSettings, setting
    from .player.rules.settings import OverloadSettings
    from .player.rules.situation import Situation
    from .postures.functions import learn_postures
    from .reduction.functions import reduce
    from .scoring.comparison import compare
    from .scoring.kpis.functions import kpis
    from .scoring.replay.functions import replay
    from .scoring.rescoring import rescore
    from .scoring.run import score
    from .submission.functions import check, package
    from .workspace.agents import load_agent

__version__ = "0.2.0"

__all__ = [
    "ActionSet",
    "Candidate",
    "ConfigurationError",
    "Decision",
    "Grid",
    "GridAction",
    "GridMismatchError",
    "NotSupportedError",
    "Observation",
    "OverloadSettings",
    "Phase",
    "PowrlError",
    "Rule",
    "RuleSettings",
    "Situation",
    "Unavailable",
    "check",
    "compare",
    "kpis",
    "learn_postures",
    "load_agent",
    "package",
    "reduce",
    "replay",
    "rescore",
    "score",
    "setting",
    "train",
    "tune",
]

_PLACES = {
    "check": "submission.functions",
    "compare": "scoring.comparison",
    "kpis": "scoring.kpis.functions",
    "learn_postures": "postures.functions",
    "load_agent": "workspace.agents",
    "package": "submission.functions",
    "reduce": "reduction.functions",
    "replay": "scoring.replay.functions",
    "rescore": "scoring.rescoring",
    "score": "scoring.run",
    "train": "learning.training:train_configuration",
    "tune": "learning.tuning.functions",
    **{name: f"player.{module}" for name, module in _PLAYER.items()},
}
"""Public name -> its module, and its name there where that is another."""

gymnasium.register("powrl/PowRL-v0", entry_point="powrl.learning.environment:PowRLEnvironment")


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(import_module(f".{module}", __name__), attribute or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
