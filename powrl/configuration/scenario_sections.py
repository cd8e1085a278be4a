"""The sections of a configuration on its scenarios."""

from __future__ import annotations

from ..environments.opening import BUNDLED
from .section import Section


class Split(Section):
    """Which scenarios a split is made of.

    Attributes
    ----------
    folder:
        Environment folder below `ScenarioSettings.data`; none: `data` itself.
    names:
        Regular expression that the name of a scenario must match in full.
    """

    folder: str | None = None
    names: str = ".*"


class ScenarioSettings(Section):
    """Where scenarios come from, and how they are split.

    Attributes
    ----------
    data:
        ``"bundled"`` with grid2op, ``"download"`` (grid2op's own data folder), a folder, or none
        when it has to be given (``--data``).
    train:
        Scenarios that the policy learns from.
    validation:
        Scenarios that choose the best checkpoint.
    test:
        Scenarios kept for reporting; the training never plays them.
    """

    data: str | None = BUNDLED
    train: Split = Split()
    validation: Split = Split()
    test: Split = Split()
