"""Agents that observe a grid with errors, to show how robust they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...environments.opening import Scenarios
from ...parallel.folders import Folder, Places
from ...player.grid.grid2op_objects import Environment
from .base import Contestant, ReadyContestant
from .own import Baseline

NOISY_PREFIX = "noisy:"


@dataclass(frozen=True)
class NoisyContestant(Contestant):
    """A contestant whose observations have errors (`powrl.scoring.noisy_agent`).

    Attributes
    ----------
    inner:
        The contestant.
    """

    inner: Contestant = field(kw_only=True)

    @property
    def tells_decisions(self) -> bool:
        """Whether the agent has an ``on_decision`` hook."""
        return self.inner.tells_decisions

    @property
    def source(self) -> str:
        """``noisy:`` and the source of the contestant."""
        return f"{NOISY_PREFIX}{self.inner.source}"

    @property
    def parts(self) -> tuple[Path, ...]:
        """See `Contestant.parts`."""
        return self.inner.parts

    def folders(self) -> list[Folder]:
        """See `Contestant.folders`."""
        return self.inner.folders()

    def relocated(self, places: Places) -> Contestant:
        """See `Contestant.relocated`."""
        inner = self.inner.relocated(places)
        return replace(self, file=inner.file, inner=inner)

    @property
    def environment(self) -> str | None:
        """See `Contestant.environment`."""
        return self.inner.environment

    @property
    def is_foreign(self) -> bool:
        """See `Contestant.is_foreign`."""
        return self.inner.is_foreign

    def guard(self, scenario: str | None = None, /) -> AbstractContextManager[None]:
        """See `Contestant.guard`."""
        return self.inner.guard(scenario)

    @contextmanager
    def open(self, scenarios: Scenarios, private: Path, /) -> Iterator[ReadyContestant]:
        """See `Contestant.open`."""
        from ..noisy_agent import NoisyAgent

        with self.inner.open(scenarios, private) as ready:

            def make(environment: Environment) -> NoisyAgent:
                return NoisyAgent(ready.make(environment))

            yield replace(ready, make=make)


def noisy(contestant: Contestant, name: str | None = None) -> NoisyContestant:
    """A contestant with noise; by default its name has ``-noisy`` behind it."""
    name = name or f"{contestant.name}-noisy"
    return NoisyContestant(name, contestant.file, inner=contestant)


def with_noisy(contestants: Sequence[Contestant]) -> list[Contestant]:
    """Contestants, with the same with noise behind each that is no baseline."""
    sources = {contestant.source for contestant in contestants}
    chosen = []
    for contestant in contestants:
        chosen.append(contestant)
        if not isinstance(contestant, Baseline | NoisyContestant):
            variant = noisy(contestant)
            chosen += [variant] if variant.source not in sources else []
    return chosen


def noisy_pairs(contestants: Sequence[Contestant]) -> list[tuple[str, str]]:
    """Names of agents that play with and without noise: that without comes first."""
    names = {contestant.source: contestant.name for contestant in contestants}
    pairs = ((source.removeprefix(NOISY_PREFIX), name) for source, name in names.items())
    return [(names[source], name) for source, name in pairs if names.get(source, name) != name]
