"""``powrl agents``: the shipped agents with their versions, and the card of one."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Column, Table

from ..editions.editions import edition_of
from ..errors import PowrlError
from ..player.agent_folder import CARD_FILE
from ..player.files import read_text
from ..workspace.agent_index import agent_index, digest_of_agent
from ..workspace.shipped import find_agent, shipped_agents
from . import completion
from .console import plain_console

_DIGITS = 12
"""Digits of a digest that the list shows."""


def command(
    agent: str | None = typer.Argument(
        None,
        autocompletion=completion.agents,
        help="Folder of an agent or of its training, or <environment>/<name> of a shipped one: "
        "show its card.",
        show_default=False,
    ),
) -> None:
    """List the shipped agents (edition, version, digest), or show the card of one."""
    if agent is None:
        _list()
        return
    folder = find_agent(agent)
    record = agent_index().get(agent)
    typer.echo(f"{agent}, version {record.version if record else 'none'}")
    typer.echo(f"SHA-256 {digest_of_agent(folder)}\n")
    typer.echo(_card(folder))


def _list() -> None:
    index = agent_index()
    # without lines, names fit 80 columns whole
    whole = Column("agent: <environment>/<name>", no_wrap=True)
    table = Table(whole, "edition", "version", "digest", box=None)
    for name, folder in shipped_agents().items():
        table.add_row(
            name,
            edition_of(name).title,
            index[name].version,
            digest_of_agent(folder)[:_DIGITS],
        )
    console = plain_console()
    console.print(table)
    console.print()
    for name, record in index.items():
        console.print(f"{name}: {record.summary}")


def _card(folder: Path) -> str:
    try:
        return read_text(folder / CARD_FILE)
    except OSError as error:
        raise PowrlError(f"the agent {folder} has no readable card {CARD_FILE}.") from error
