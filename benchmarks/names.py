"""Write the names of environments, editions, agents and configurations to the documentation.

    python -m benchmarks.names          # a table of docs/reference/editions.md

It is made from the editions, the shipped agents and the shipped configurations.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.marked_page import MarkedPage
from powrl.configuration.loading import load_configuration
from powrl.editions.editions import EDITIONS
from powrl.workspace.shipped import shipped_agents, shipped_configurations

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "editions.md"
START = "<!-- names: made by benchmarks/names.py -->"
END = "<!-- end of the names -->"
HEADS = ("environment", "bundled as", "download", "`--edition`", "agents", "configurations")


def table() -> str:
    """A row for each environment that powrl has agents for or editions of, in Markdown."""
    agents = shipped_agents()
    configurations: dict[str, list[str]] = {}
    for name in shipped_configurations():
        configurations.setdefault(load_configuration(name).environment, []).append(name)
    editions: dict[str, list[str]] = {}
    for edition in EDITIONS.values():
        editions.setdefault(edition.environments[0], []).append(edition.name)
    environments = {name.partition("/")[0] for name in agents} | set(configurations) | set(editions)
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for environment in sorted(environments):
        names = editions.get(environment, [])
        first = EDITIONS[names[0]] if names else None
        columns = (
            [environment],
            [first.bundled if first else environment],
            [first.environment] if first else [],
            names,
            [name for name in agents if name.startswith(f"{environment}/")],
            configurations.get(environment, []),
        )
        cells = (", ".join(f"`{name}`" for name in column) or "none" for column in columns)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    MarkedPage.read(PAGE, START, END).write(table())
