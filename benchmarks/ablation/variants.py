"""What the ablation plays: agents without a policy, each changed in one setting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from powrl.errors import PowrlError
from powrl.player.agent_folder import AgentSettings
from powrl.player.rules.settings import GREEDY_SEARCH, OverloadSettings
from powrl.scoring.contestants.variants import variant_text
from powrl.workspace.shipped import find_agent

FULL, GREEDY = "full", "greedy"
REFERENCES, RULES, THRESHOLD, ACTIONS = "references", "rules", "thresholds", "action sets"
GROUPS = (REFERENCES, RULES, THRESHOLD, ACTIONS)

SHIPPED_AGENT = "l2rpn_neurips_2020_track1/search"

HIGHEST_LOAD_ALONE = 2.0
"""Of `counted_from`: no load is counted beyond it."""

THRESHOLDS: tuple[tuple[str, str | None, tuple[float, ...]], ...] = (
    ("critical_rho", None, (0.9, 0.95, 1.0)),
    ("counted_from", None, (0.8, 1.0)),
    ("recovery_rho", "recover", (0.8, 0.95)),
    ("plan_goal", "plan", (0.95, 1.0)),
    ("plan_width", "plan", (5, 20)),
    ("plan_depth", "plan", (3, 7)),
    ("redispatch_goal", "redispatch", (0.8, 0.98)),
    ("redispatch_limit", "redispatch", (0.9, 1.05)),
    ("redispatch_every", "redispatch", (3, 12)),
    ("redispatch_held_steps", "redispatch", (24, 96)),
    ("redispatch_reserve", "redispatch", (10.0, 50.0)),
)
"""Setting, the switch without which it does nothing, and the values that are tried."""


@dataclass(frozen=True)
class Variant:
    """An agent without a policy, with changed settings.

    Attributes
    ----------
    name:
        Its name in the table.
    agent:
        The agent that is changed, as ``powrl score`` takes it.
    changes:
        Setting -> its value.
    """

    name: str
    agent: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The variant as ``powrl score`` takes it."""
        return f"{self.agent}{variant_text(self.changes)}"

    @property
    def group(self) -> str:
        """The one of `GROUPS` under which the table has it."""
        return group_of(self.name)


def group_of(name: str) -> str:
    """The one of `GROUPS` to which a variant belongs."""
    if name in (FULL, GREEDY):
        return REFERENCES
    if "=" in name:
        return THRESHOLD
    return ACTIONS if name.startswith("actions-") else RULES


def variants(
    agent: Path | None,
    actions_folder: Path | None,
    greedy_actions: Path,
    seconds: float | None = None,
) -> list[Variant]:
    """The yardstick, the full agent, and the full agent with one thing changed at a time.

    A variant with the settings of the full agent is left out.

    Parameters
    ----------
    agent:
        Folder of the full agent; None: the shipped one.
    actions_folder:
        Folder of the action sets to try, ``actions-<size>.json``; None: none.
    greedy_actions:
        Action file of the yardstick.
    seconds:
        Longest time of a decision, for all variants; None: as each has it.

    Raises
    ------
    PowrlError
        The agent is damaged or has a policy, or the folder holds no action sets.
    """
    folder = (agent or find_agent(SHIPPED_AGENT)).resolve()
    settings = AgentSettings.load(folder)
    if settings.observation:
        raise PowrlError(f"the agent {folder} has a policy; give one without (README.md).")
    full = settings.overload
    changed = {**_switched_rules(full), **_other_thresholds(full)}
    all_variants = [
        Variant(GREEDY, f"greedy:{greedy_actions}"),
        Variant(FULL, str(folder)),
        *(Variant(name, str(folder), changes) for name, changes in changed.items()),
    ]
    if actions_folder is not None:
        all_variants += _other_actions(full, actions_folder, folder / "actions.json")
    if seconds is None:
        return all_variants
    return [
        replace(variant, changes={**variant.changes, "seconds": seconds})
        for variant in all_variants
    ]


def chosen(all_variants: Sequence[Variant], names: Sequence[str]) -> list[Variant]:
    """The variants of these names; all without names.

    Raises
    ------
    PowrlError
        No variant has one of the names.
    """
    unknown = sorted(set(names) - {variant.name for variant in all_variants})
    if unknown:
        raise PowrlError(f"there is no variant {unknown[0]!r}; --list tells those there are.")
    return [variant for variant in all_variants if not names or variant.name in names]


def natural(name: str) -> list[str | float]:
    """A key that sorts names by the numbers in them: actions-60 before actions-120."""
    parts = re.split(r"(\d+(?:\.\d+)?)", name)  # texts and numbers in turn
    return [float(part) if index % 2 else part for index, part in enumerate(parts)]


def _switched_rules(full: OverloadSettings) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for setting, is_on in full.values().items():
        if isinstance(is_on, bool):
            changes[f"without-{setting}" if is_on else f"with-{setting}"] = {setting: not is_on}
    if full.counted_from != HIGHEST_LOAD_ALONE:
        changes["without-counted_from"] = {"counted_from": HIGHEST_LOAD_ALONE}
    if full.redispatch and full.contingencies:  # then generators move on overloads alone
        changes["without-contingencies"] = {"contingencies": []}
    return changes


def _other_thresholds(full: OverloadSettings) -> dict[str, dict[str, Any]]:
    return {
        f"{setting}={value:g}": {setting: value}
        for setting, switch, values in THRESHOLDS
        if switch is None or getattr(full, switch)
        for value in values
        if value != getattr(full, setting)
    }


def _other_actions(full: OverloadSettings, folder: Path, own: Path) -> list[Variant]:
    """The full agent with other action files: as the greedy search with all its settings."""
    files = sorted(folder.glob("actions-*.json"), key=lambda path: natural(path.stem))
    if not files:
        raise PowrlError(f"{folder} holds no actions-<size>.json; make some: powrl reduce.")
    greedy = GREEDY_SEARCH.values()
    changes = {name: value for name, value in full.values().items() if value != greedy[name]}
    return [
        Variant(path.stem, f"greedy:{path.resolve()}", changes)
        for path in files
        if path.read_bytes() != own.read_bytes()
    ]
