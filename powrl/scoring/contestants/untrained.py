"""The contestants that show what training adds: an agent with and without its policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...errors import ConfigurationError, wrong_value
from .base import Contestant
from .own import AgentFolder
from .variants import (
    FEW_SIMULATED,
    WITHOUT_POLICY,
    source_with_policy,
    variant_text,
)


def with_untrained(
    contestants: Sequence[Contestant], simulated: Sequence[int] = ()
) -> list[Contestant]:
    """Contestants, with the same agents without their policies behind those that have one.

    Parameters
    ----------
    simulated:
        Numbers of actions; with each both play once more, simulating only as many.

    Raises
    ------
    ConfigurationError
        `simulated` is something else.
    """
    if not isinstance(simulated, Sequence) or any(
        type(number) is not int or number < 1 for number in simulated
    ):
        raise ConfigurationError(
            wrong_value("simulated", simulated, "a list of whole numbers of 1 or more")
        )
    sources = {contestant.source for contestant in contestants}
    chosen = []
    for contestant in contestants:
        chosen.append(contestant)
        if isinstance(contestant, AgentFolder) and contestant.plays_with_policy:
            variants = _variants(contestant, simulated)
            chosen += [variant for variant in variants if variant.source not in sources]
    return chosen


def policy_pairs(contestants: Sequence[Contestant]) -> list[tuple[str, str]]:
    """Names of agents with a policy, and those of the same agents without it."""
    names = {contestant.source: contestant.name for contestant in contestants}
    pairs = ((source_with_policy(source), name) for source, name in names.items())
    return [(names[source], name) for source, name in pairs if source in names]


def _variants(agent: AgentFolder, simulated: Sequence[int]) -> Iterator[AgentFolder]:
    yield _without_policy(agent)
    for number in simulated:
        overrides = {**agent.overrides, **FEW_SIMULATED, "candidates": number}
        variant = replace(agent, name=f"{agent.name}-simulating-{number}", overrides=overrides)
        yield variant
        yield _without_policy(variant)


def _without_policy(agent: AgentFolder) -> AgentFolder:
    shown = variant_text(agent.overrides)
    overrides = {**agent.overrides, **WITHOUT_POLICY}
    if shown and agent.name.endswith(shown):
        name = agent.name.removesuffix(shown) + variant_text(overrides)
    else:
        name = agent.name + variant_text(WITHOUT_POLICY)
    return replace(agent, name=name, overrides=overrides)
