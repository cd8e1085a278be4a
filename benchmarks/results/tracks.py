"""What the results page reports: tracks, and the agents that play on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from powrl.environments.opening import BUNDLED
from powrl.scoring.contestants.variants import variant_text

ROOT = Path(__file__).resolve().parents[2]
THREE: Mapping[str, Any] = {"candidates": 3, "safe_rho": 0.9, "counted_from": 0.9, "plan": False}
"""A budget of three simulated actions per decision, and one rule of choice for all."""

ONE: Mapping[str, Any] = {**THREE, "candidates": 1}
"""A budget of one."""

ALONE: Mapping[str, Any] = {
    **{"candidates": 1, "plan": False, "redispatch": False},
    **{"reconnect": False, "recover": False},
}
"""The policy's first choice, which one simulation has to find no worse than doing nothing."""

SEARCHING: Mapping[str, Any] = {"candidates": 10_000, "safe_rho": 0.0, "counted_from": 2.0}
"""The best of all actions by the highest load, as the shipped agents without a policy choose it."""


@dataclass(frozen=True)
class Player:
    """An agent of the table.

    Attributes
    ----------
    name:
        Its name in the table.
    agent:
        Folder below ``agents/``, or something else that `powrl score` takes.
    changed:
        Settings of its overload manager that differ from those of the folder.
    has_policy:
        Whether it plays with the policy of the folder.
    """

    name: str
    agent: str
    changed: Mapping[str, Any] = field(default_factory=dict)
    has_policy: bool = True

    @property
    def text(self) -> str:
        """The agent as `powrl score` takes it."""
        folder = ROOT / "agents" / self.agent
        changes = self.changed if self.has_policy else {**self.changed, "policy": False}
        return f"{folder if folder.is_dir() else self.agent}{variant_text(changes)}"


@dataclass(frozen=True)
class Track:
    """Scenarios, and who plays them.

    Attributes
    ----------
    title:
        Heading of its section.
    folder:
        Environment folder below the folder of the data, or None: those bundled with grid2op.
    scenarios:
        Regular expression for their names.
    pairs:
        Names of two players whose difference is shown.
    has_opponent:
        Without one, another seed changes nothing.
    """

    title: str
    folder: str | None
    players: tuple[Player, ...]
    pairs: tuple[tuple[str, str], ...]
    scenarios: str = ".*"
    has_opponent: bool = True

    @property
    def agents(self) -> dict[str, str]:
        """Name of each player -> the agent as `powrl score` takes it."""
        return {player.name: player.text for player in self.players}

    def data_of(self, parent: Path) -> str:
        """The environment folder of the track below the folder of all, or the bundled data."""
        return BUNDLED if self.folder is None else str(parent / self.folder)


NEURIPS = "l2rpn_neurips_2020_track1"
POWRL, SEARCH = Player("powrl", f"{NEURIPS}/powrl"), Player("search", f"{NEURIPS}/search")
POWRL_3 = Player("powrl-3", f"{NEURIPS}/powrl", THREE)
SEARCH_3 = Player("search-3", f"{NEURIPS}/search", THREE)
POWRL_1 = Player("powrl-1", f"{NEURIPS}/powrl", ONE)
SEARCH_1 = Player("search-1", f"{NEURIPS}/search", ONE)
POLICY = Player("policy-alone", f"{NEURIPS}/powrl", ALONE)
GREEDY = Player("greedy", f"greedy:{ROOT / 'configs' / 'actions' / 'neurips_2020_track1.json'}")

TRACKS: Mapping[str, Track] = {
    "robustness": Track(
        "Robustness track, two scenarios bundled with grid2op",
        None,
        (POWRL, SEARCH, POWRL_3, SEARCH_3, POLICY, GREEDY),
        (("powrl", "search"), ("powrl-3", "search-3")),
    ),
    "robustness-weeks": Track(
        "Robustness track, 24 weeks that chose no checkpoint",
        f"{NEURIPS}_val",
        (POWRL, SEARCH, POWRL_3, SEARCH_3),
        (("powrl", "search"), ("powrl-3", "search-3")),
        ".*_wk[24]",
    ),
    "robustness-one": Track(
        "Robustness track, the same 24 weeks with one simulated action per decision",
        f"{NEURIPS}_val",
        (POWRL_1, SEARCH_1),
        (("powrl-1", "search-1"),),
        ".*_wk[24]",
    ),
    "robustness-simple": Track(
        "Robustness track, the same 24 weeks, simpler agents",
        f"{NEURIPS}_val",
        (POLICY, GREEDY),
        (),
        ".*_wk[24]",
    ),
    "wcci2020": Track(
        "WCCI 2020, its ten local validation scenarios",
        "l2rpn_wcci_2020_test",
        (
            Player("powrl", "l2rpn_wcci_2020/powrl"),
            Player("search", "l2rpn_wcci_2020/search"),
            Player("policy-alone", "l2rpn_wcci_2020/powrl", ALONE),
            Player("greedy", f"greedy:{ROOT / 'configs' / 'actions' / 'wcci_2020.json'}"),
        ),
        (("powrl", "search"),),
        has_opponent=False,
    ),
    "case14": Track(
        "14 substations, five of the months kept for reporting",
        "rte_case14_realistic",
        (
            Player("powrl", "rte_case14_realistic/powrl"),
            Player("search", "rte_case14_realistic/powrl", SEARCHING, has_policy=False),
            Player("policy-alone", "rte_case14_realistic/powrl", ALONE),
            Player("greedy", f"greedy:{ROOT / 'agents/rte_case14_realistic/powrl/actions.json'}"),
        ),
        (("powrl", "search"),),
        "8[5-9]0",
        has_opponent=False,
    ),
    "sandbox": Track(
        "14 substations, the three scenarios of the sandbox bundled with grid2op",
        None,
        (
            Player("powrl", "l2rpn_case14_sandbox/powrl"),
            Player("search", "l2rpn_case14_sandbox/powrl", SEARCHING, has_policy=False),
            Player("policy-alone", "l2rpn_case14_sandbox/powrl", ALONE),
            Player("greedy", f"greedy:{ROOT / 'agents/l2rpn_case14_sandbox/powrl/actions.json'}"),
        ),
        (("powrl", "search"),),
        has_opponent=False,
    ),
}
