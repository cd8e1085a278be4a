"""grid2op's reconnecting agent, which plays time series without forecasts, too."""

from __future__ import annotations

from typing import Any

from grid2op.Agent import RecoPowerlineAgent

from ..player.grid.forecasts import with_forecast


class ReconnectingAgent(RecoPowerlineAgent):
    """``grid2op.Agent.RecoPowerlineAgent``; it simulates where several lines can be reconnected."""

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        """The action for one step (grid2op's ``BaseAgent.act``)."""
        return super().act(with_forecast(observation), reward, done)
