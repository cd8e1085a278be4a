"""What the ablation plays: agents without a policy, each changed in one setting."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from powrl.player.actions.action_set import ActionSet
from powrl.player.agent import PowRLAgent
from powrl.player.agent_folder import ACTIONS_FILE, AgentSettings
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.make_simulator import choose_simulator
from powrl.player.rules.settings import GREEDY_SEARCH, OverloadSettings
from powrl.reduction.enumeration import unitary_topologies
from powrl.workspace.shipped import shipped_agents, shipped_folder

FULL, GREEDY = "full", "greedy"
REFERENCES, RULES, THRESHOLD, ACTIONS = "references", "rules", "thresholds", "action sets"
GROUPS = (REFERENCES, RULES, THRESHOLD, ACTIONS)

SHIPPED_AGENT = "l2rpn_neurips_2020_track1/search"
ATTACKED_LINES = (
    "62_58_180",
    "62_63_160",
    "48_50_136",
    "48_53_141",
    "41_48_131",
    "39_41_121",
    "43_44_125",
    "44_45_126",
    "34_35_110",
    "54_58_154",
)
"""Of the robustness track's opponent."""

EVERY_ACTION = 10_000
"""More candidates than any action set has."""

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
    """An agent without a policy.

    Attributes
    ----------
    name, group:
        How it is called, and under which of `GROUPS` it is reported.
    overload:
        Its settings.
    actions:
        Its action file; None: all topologies of substations of 4 to 10 elements.
    """

    name: str
    group: str
    overload: OverloadSettings
    actions: Path | None

    def settings(self) -> dict[str, Any]:
        """All that decides how it plays, as JSON has it; of an action file the digest."""
        overload = json.loads(json.dumps(asdict(self.overload)))  # lists for tuples
        return {"overload": overload, "actions": _digest(self.actions)}

    def agent(self, environment: Any) -> PowRLAgent:
        """The agent for a grid2op environment that has been reset.

        Raises
        ------
        PowrlError
            The actions or the contingencies are of another grid.
        """
        layout = GridLayout.of(environment)
        return PowRLAgent(
            environment.action_space,
            AgentSettings(environment.name, (), self.overload),
            ActionSet.load(self.actions, layout) if self.actions else unitary_topologies(layout),
            None,
            choose_simulator(environment),
        )


def variants(
    agent: Path | None, actions_folder: Path | None, seconds: float | None = None
) -> list[Variant]:
    """The yardstick, the full agent, and the full agent with one thing changed at a time.

    A variant with the settings of the full agent is left out.

    Parameters
    ----------
    agent:
        Folder of the full agent; None: the shipped one, and as long as none is shipped the
        defaults with the actions and attacked lines of the robustness track.
    actions_folder:
        Holds the action sets that are tried, ``actions-<size>.json``; None: none are.
    seconds:
        Time that a decision may take, for all variants; None: as each has it.

    Raises
    ------
    PowrlError
        The agent is damaged or has a policy, or the folder holds no action sets.
    """
    full = _full(agent)
    changed = [*_switched_rules(full), *_other_thresholds(full)]
    if actions_folder is not None:
        changed += [
            replace(full, name=path.stem, group=ACTIONS, actions=path)
            for path in _action_files(actions_folder)
        ]
    same = full.settings()
    found = [_greedy(), full, *(each for each in changed if each.settings() != same)]
    if seconds is None:
        return found
    return [replace(each, overload=replace(each.overload, seconds=seconds)) for each in found]


def chosen(known: Sequence[Variant], names: Sequence[str]) -> list[Variant]:
    """The variants of these names, all for none.

    Raises
    ------
    PowrlError
        There is none of that name.
    """
    unknown = sorted(set(names) - {each.name for each in known})
    if unknown:
        raise PowrlError(f"there is no variant {unknown[0]!r}; --list tells those there are.")
    return [each for each in known if not names or each.name in names]


def natural(name: str) -> list[str | float]:
    """A key that sorts names by the numbers in them: actions-60 before actions-120."""
    parts = re.split(r"(\d+(?:\.\d+)?)", name)  # texts and numbers in turn
    return [float(part) if index % 2 else part for index, part in enumerate(parts)]


def _switches() -> list[str]:
    return [each.name for each in fields(OverloadSettings) if isinstance(each.default, bool)]


def _greedy() -> Variant:
    return Variant(GREEDY, REFERENCES, GREEDY_SEARCH, None)


def _full(agent: Path | None) -> Variant:
    folder = agent or shipped_agents().get(SHIPPED_AGENT)
    if folder is not None:
        settings = AgentSettings.load(folder)
        if settings.observation:
            raise PowrlError(f"the agent {folder} has a policy; give one without (README.md).")
        return Variant(FULL, REFERENCES, settings.overload, folder / ACTIONS_FILE)
    overload = OverloadSettings(
        safe_rho=0.0,
        candidates=EVERY_ACTION,
        contingencies=ATTACKED_LINES,
        redispatch=True,
    )
    actions = shipped_folder("configs") / "actions" / "neurips_2020_track1.json"
    return Variant(FULL, REFERENCES, overload, actions)


def _switched_rules(full: Variant) -> list[Variant]:
    changes: dict[str, dict[str, Any]] = {}
    for name in _switches():
        on = getattr(full.overload, name)
        changes[f"without-{name}" if on else f"with-{name}"] = {name: not on}
    changes["without-counted_from"] = {"counted_from": HIGHEST_LOAD_ALONE}
    if full.overload.redispatch:  # then generators move on overloads alone
        changes["without-contingencies"] = {"contingencies": ()}
    return [
        Variant(name, RULES, replace(full.overload, **change), full.actions)
        for name, change in changes.items()
    ]


def _other_thresholds(full: Variant) -> list[Variant]:
    return [
        Variant(
            f"{setting}={value:g}",
            THRESHOLD,
            replace(full.overload, **{setting: value}),
            full.actions,
        )
        for setting, switch, values in THRESHOLDS
        if switch is None or getattr(full.overload, switch)
        for value in values
    ]


def _action_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("actions-*.json"), key=lambda path: natural(path.stem))
    if not files:
        raise PowrlError(f"{folder} holds no actions-<size>.json; make some: powrl reduce.")
    return files


def _digest(actions: Path | None) -> str:
    if actions is None:
        return "all topologies of substations of 4 to 10 elements"
    try:
        return f"sha256 {hashlib.sha256(actions.read_bytes()).hexdigest()}"
    except OSError as error:
        raise PowrlError(f"cannot read the action file {actions} ({error.strerror}).") from error
