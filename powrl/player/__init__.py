"""All that a submission carries, and nothing else: an agent, its rules, and their look ahead.

It runs on Python 3.8 with numpy, scipy and grid2op alone; lightsim2grid makes it fast. No module
here imports anything of powrl outside.

- ``agent``, ``agent_folder``: an agent behind grid2op's ``BaseAgent``, and its files
- ``rules``: the overload manager, its rules, and a situation as they see it
- ``policy``: features and the network in numpy
- ``lookahead``: what would happen if, by ``simulate`` or in batches
- ``actions``: actions made of parts, and the reduced action space
- ``grid``: a grid and an observation of it
- ``plugins``: parts of a user's own, by ``module:name``
- ``grid2op_internals``: private attributes of grid2op, each behind one function
- ``errors``, ``files``, ``array_file``, ``json_text``: what they stand on

The names below are those that plug-ins use: ``from powrl import Rule``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

NAMES = {
    "ActionSet": "actions.action_set",
    "Candidate": "rules.decision",
    "ConfigurationError": "errors",
    "Decision": "rules.decision",
    "Grid": "grid.grid",
    "GridAction": "actions.grid_action",
    "GridMismatchError": "errors",
    "NotSupportedError": "errors",
    "Observation": "grid.observation",
    "OverloadSettings": "rules.settings",
    "Phase": "rules.rule",
    "PowrlError": "errors",
    "Rule": "rules.rule",
    "RuleSettings": "rules.setting",
    "Situation": "rules.situation",
    "Unavailable": "rules.rule",
    "setting": "rules.setting",
}
"""Public name -> module that has it; imported when it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{NAMES[name]}", __name__), name)
