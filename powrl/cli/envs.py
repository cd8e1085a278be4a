"""``powrl envs``: which environments there are, and what powrl has for each."""

from __future__ import annotations

import typer
from rich.table import Table
from rich.text import Text

from ..environments.opening import (
    bundled_environments,
    downloadable_environments,
    installed_environments,
)
from ..errors import PowrlError
from ..workspace.shipped import shipped_agents, shipped_configurations
from .console import plain_console


def command(
    download: bool = typer.Option(
        False,
        "--download/--no-download",
        help="Ask grid2op's list in the internet what can be downloaded, too.",
    ),
) -> None:
    """List the environments that are here or can be downloaded, agents and configurations."""
    from ..configuration.loading import load_configuration

    remote, note = _downloadable() if download else ([], "")
    places = {
        "bundled": bundled_environments(),
        "installed": installed_environments(),
        "downloadable": remote,
    }
    agents = _by_environment({name: name.split("/")[0] for name in shipped_agents()})
    configurations = _by_environment(
        {name: load_configuration(name).environment for name in shipped_configurations()}
    )
    # without lines, names fit 80 columns whole
    table = Table("environment", "where", "powrl has", box=None, pad_edge=False)
    for name in sorted({*agents, *configurations}.union(*places.values())):
        table.add_row(
            Text(name, no_wrap=True),
            ", ".join(place for place, names in places.items() if name in names),
            "\n".join(
                [f"agent {name}" for name in agents.get(name, [])]
                + [f"configuration {name}" for name in configurations.get(name, [])]
            ),
        )
    console = plain_console()
    console.print(table)
    if note:
        console.print(note)


def _by_environment(environment_of: dict[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, environment in environment_of.items():
        names.setdefault(environment, []).append(name)
    return names


def _downloadable() -> tuple[list[str], str]:
    try:
        return downloadable_environments(), ""
    except PowrlError as error:
        return [], f"What can be downloaded is not known: {error}"
