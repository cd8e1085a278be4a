"""The sections of a configuration on the reward and on imitation."""

from __future__ import annotations

from pydantic import Field, field_validator

from .section import PluginReference, Section


class RewardSettings(Section):
    """Reward of each grid step, from the load of the most loaded line (rho).

    ``2 - rho`` below `limit`, ``2 - 2 rho`` from there on.

    Attributes
    ----------
    limit:
        Load of the most loaded line from which on the reward falls twice as fast.
    game_over:
        Reward of the step in which the episode ends in a blackout.
    survived:
        Added to the reward of the last step of a scenario that is survived.
    function:
        A function of your own in place of all this (``module:name``), called after each grid step:
        ``reward(observation, game_over, survived) -> float``.
    """

    limit: float = Field(0.95, gt=0, le=2)
    game_over: float = Field(-50.0, le=0)
    survived: float = Field(50.0, ge=0)
    function: PluginReference | None = None


class ImitationSettings(Section):
    """What the policy learns from the search before its algorithm begins.

    The search plays training scenarios and simulates all actions at each decision; the policy
    learns to rank them alike, and what reward is still to come.

    Attributes
    ----------
    episodes:
        Episodes that the search plays; 0: no imitation.
    exploration:
        Share of the decisions in which one of the `tried` best actions is played at random.
    tried:
        How many of the best actions `exploration` draws from.
    temperature:
        Sharpness of the targets: an action whose outcome ranks worse than the best by this much
        has a preference ``e`` times lower.
    epochs:
        Passes over the lessons; the network of the epoch that does best on the held-out episodes
        stays.
    batch_size:
        Decisions of a minibatch.
    learning_rate:
        Step size of the optimiser (Adam).
    held_out:
        Share of the scenarios whose episodes only examine the network.
    """

    episodes: int = Field(0, ge=0)
    exploration: float = Field(0.2, ge=0, le=1)
    tried: int = Field(10, gt=0)
    temperature: float = Field(0.05, gt=0)
    epochs: int = Field(40, gt=0)
    batch_size: int = Field(256, gt=1)
    learning_rate: float = Field(1e-3, gt=0, lt=1)
    held_out: float = Field(0.1, gt=0, lt=1)

    @field_validator("episodes")
    @classmethod
    def _enough_to_hold_one_out(cls, episodes: int) -> int:
        if episodes == 1:
            raise ValueError("0, or 2 and more: some are held out")
        return episodes
