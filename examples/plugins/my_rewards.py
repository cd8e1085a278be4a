"""A reward: a function that is called after each grid step."""

from powrl.player.grid.observation import Observation


def spare_capacity(observation: Observation, game_over: bool, survived: bool) -> float:
    """Reward the spare capacity of the lines, and a scenario that is survived."""
    if game_over:
        return -10.0
    return float((1 - observation.rho).clip(0).mean()) + (10.0 if survived else 0.0)
