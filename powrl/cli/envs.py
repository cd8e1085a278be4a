"""``powrl envs``: which environments there are, and what powrl has for each."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from ..configuration import load_configuration
from ..errors import PowrlError
from ..grid.environments import (
    bundled_environments,
    downloadable_environments,
    installed_environments,
)
from ..shipped import shipped_agents, shipped_configurations


def command(
    download: bool = typer.Option(
        True, "--download/--no-download", help="Ask grid2op what can be downloaded."
    ),
) -> None:
    """List the environments: bundled, installed, downloadable; agents and configurations."""
    bundled, installed = set(bundled_environments()), set(installed_environments())
    remote, note = _downloadable() if download else (set(), "")
    agents: dict[str, list[str]] = {}
    for name in shipped_agents():
        agents.setdefault(name.split("/")[0], []).append(name)
    configurations: dict[str, list[str]] = {}
    for name in shipped_configurations():
        configurations.setdefault(load_configuration(name).environment, []).append(name)
    table = Table("environment", "bundled", "installed", "downloadable", "agents", "configurations")
    for name in sorted(bundled | installed | remote | set(agents) | set(configurations)):
        table.add_row(
            name,
            *("yes" if name in place else "" for place in (bundled, installed, remote)),
            "\n".join(agents.get(name, [])),
            "\n".join(configurations.get(name, [])),
        )
    console = Console()
    console.print(table)
    if note:
        console.print(note)


def _downloadable() -> tuple[set[str], str]:
    try:
        return set(downloadable_environments()), ""
    except PowrlError as error:
        return set(), f"downloadable: not known, {error}"
