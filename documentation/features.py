"""The table of the groups of features, from their functions."""

from __future__ import annotations

import inspect

from powrl.player.policy.groups import GROUPS


def table() -> str:
    """Each group with its meaning and its unit, in Markdown."""
    lines = ["| group | meaning | unit |", "|---|---|---|"]
    for name, group in GROUPS.items():
        meaning = " ".join((inspect.getdoc(group.read) or "").partition("\n\n")[0].split())
        lines.append(f"| `{name}` | {meaning} | {group.unit} |")
    return "\n".join(lines)
