"""An opponent for training: that of the robustness track, on lines of one's own choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..configuration.sections import Configuration, SplitName
from ..errors import PowrlError
from .own_opponent import OwnOpponents

STEPS_PER_HOUR = 12


def require_attackable(names: Sequence[str], lines: Sequence[str]) -> None:
    """Refuse lines that cannot be attacked.

    Parameters
    ----------
    names:
        Names of all lines of the grid.

    Raises
    ------
    PowrlError
        The grid has no line of a name, or one is named twice.
    """
    for line in lines:
        if line not in names:
            raise PowrlError(
                f"training.attacked_lines: the grid has no line {line!r}; its lines are "
                f"{', '.join(map(str, names))}."
            )
    if len(set(lines)) < len(lines):
        raise PowrlError("training.attacked_lines: name each line once.")


def attacks_of(configuration: Configuration, split: SplitName) -> dict[str, Any]:
    """Arguments of `powrl.engines.engine.open_engine` for the attacks of a split.

    They are empty where the opponent is the environment's own. With ``training.opponent`` they hold
    what makes opponents of the class of the user as ``opponent``.

    Raises
    ------
    PowrlError
        The class cannot be imported.
    """
    training = configuration.training
    if not configuration.has_attacks(split):
        return {}
    if training.opponent is not None:
        opponent = configuration.load_plugin(training.opponent)
        return {"opponent": OwnOpponents(opponent, training.opponent)}
    return attacks_on(training.attacked_lines)


def attacks_on(lines: Sequence[str]) -> dict[str, Any]:
    """Arguments of ``grid2op.make``; empty without lines: the opponent is the environment's own.

    An attack takes a line out for four hours, about once a day, the more likely the higher its load
    (``grid2op.Opponent.WeightedRandomOpponent``, with the numbers of L2RPN NeurIPS 2020).
    """
    if not lines:
        return {}
    from grid2op.Action import PowerlineSetAction
    from grid2op.Opponent import BaseActionBudget, WeightedRandomOpponent

    return {
        "opponent_class": WeightedRandomOpponent,
        "opponent_action_class": PowerlineSetAction,
        "opponent_budget_class": BaseActionBudget,
        "opponent_init_budget": 144.0,
        "opponent_budget_per_ts": 0.16667,
        "opponent_attack_duration": 4 * STEPS_PER_HOUR,
        "opponent_attack_cooldown": 24 * STEPS_PER_HOUR,
        "kwargs_opponent": {
            "lines_attacked": list(lines),
            "rho_normalization": [1.0] * len(lines),
            "attack_period": 24 * STEPS_PER_HOUR,
        },
    }
