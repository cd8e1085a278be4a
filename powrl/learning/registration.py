"""Registers the environment with gymnasium, which finds this by powrl's entry point."""

from __future__ import annotations

import gymnasium

ENVIRONMENT_ID = "PowRL-v0"


def register_environments() -> None:
    """Make ``gymnasium.make("powrl/PowRL-v0", configuration=...)`` work."""
    gymnasium.register(ENVIRONMENT_ID, entry_point="powrl.learning.environment:PowRLEnvironment")
