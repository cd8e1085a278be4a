"""What a shell offers in the place of an argument; where nothing fits, files."""

from __future__ import annotations

from ..environments.opening import bundled_environments
from ..workspace.shipped import shipped_agents, shipped_configurations


def agents(incomplete: str) -> list[str]:
    """Names of shipped agents that begin so."""
    return [name for name in shipped_agents() if name.startswith(incomplete)]


def configurations(incomplete: str) -> list[str]:
    """Names of shipped configurations that begin so."""
    return [name for name in shipped_configurations() if name.startswith(incomplete)]


def environments(incomplete: str) -> list[str]:
    """Names of bundled environments that begin so."""
    return [name for name in bundled_environments() if name.startswith(incomplete)]
