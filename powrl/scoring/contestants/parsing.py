"""Contestants from the texts of a user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ConfigurationError, PowrlError
from ...player.agent_folder import AgentSettings
from ...workspace.shipped import find_agent
from .base import Contestant
from .own import BASELINES, GREEDY_PREFIX, AgentFolder, Baseline, GreedySearch, require_action_file
from .third_party import (
    ZIP_SUFFIX,
    PythonAgent,
    Submission,
    find_module,
    is_function,
    require_zip,
)
from .variants import Overrides, split_variant, variant_text, with_overrides


@dataclass(frozen=True)
class _Entry:
    """An agent whose name is not chosen yet.

    Attributes
    ----------
    kind, file, overrides:
        The class of its contestant, and what that is made from.
    prefix:
        Beginning of its source, before the file.
    function:
        ``module:function``, which is its name; None: the name follows from the file.
    """

    kind: type[Contestant]
    file: Path
    overrides: Overrides = field(default_factory=dict)
    prefix: str = ""
    function: str | None = None

    @property
    def source(self) -> str:
        return self.function or f"{self.prefix}{self.file}{variant_text(self.overrides)}"

    def contestant(self, name: str) -> Contestant:
        if issubclass(self.kind, AgentFolder | GreedySearch):
            return self.kind(name, self.file, self.overrides)
        return self.kind(name, self.file)


def parse_contestants(
    agents: Sequence[str],
    settings: Overrides | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Contestant, ...]:
    """The contestants that a user names, followed by `BASELINES`.

    Parameters
    ----------
    agents:
        Folders of agents, names of shipped ones, submission zips, ``module:function``, or
        ``greedy:FILE`` with an action file. Settings of powrl's agents may follow in brackets:
        ``AGENT[plan=false,candidates=3]``.
    settings:
        Settings of all agents; those in brackets go before them.
    names:
        Names of the agents in tables and files; by default the ends of their paths.

    Raises
    ------
    PowrlError
        A text is none of these or is given twice, a setting does not exist or is impossible, or
        an agent that is not powrl's has settings.
    """
    entries = [_entry(text, settings or {}) for text in agents]
    for source, times in Counter(entry.source for entry in entries).items():
        if times > 1:
            raise PowrlError(f"the agent {source} is given {times} times; give it once.")
    if names is None:
        names = [_short_name(entry, entries) for entry in entries]
    elif len(names) != len(set(names) - set(BASELINES)) or len(names) != len(entries):
        raise PowrlError("each agent needs a name of its own, other than those of the baselines.")
    contestants = [entry.contestant(name) for entry, name in zip(entries, names, strict=True)]
    return (*contestants, *map(Baseline, BASELINES))


def _entry(text: str, settings: Overrides) -> _Entry:
    agent, own = (text, {}) if Path(text).exists() else split_variant(text)
    overrides: Overrides = {**settings, **own}
    if agent.startswith(GREEDY_PREFIX):
        path = require_action_file(Path(agent.removeprefix(GREEDY_PREFIX)))
        return _Entry(GreedySearch, path, overrides, GREEDY_PREFIX)
    if agent.lower().endswith(ZIP_SUFFIX):
        entry = _Entry(Submission, require_zip(agent))
    elif is_function(agent):
        entry = _Entry(PythonAgent, find_module(agent), function=agent)
    else:
        folder = find_agent(agent).resolve()
        if overrides:  # refused now, not when the environment is open
            with_overrides(AgentSettings.load(folder), overrides)
        return _Entry(AgentFolder, folder, overrides)
    if overrides:
        raise ConfigurationError(
            f"{agent} is not an agent folder of powrl, so its settings cannot be changed; leave "
            f"out {variant_text(overrides)}."
        )
    return entry


def _short_name(entry: _Entry, entries: Sequence[_Entry]) -> str:
    """The last parts of its path, as many as differ from all others, and its settings."""
    if entry.function is not None:
        return entry.function
    parts = entry.file.parts[1:]
    variant = variant_text(entry.overrides)
    for depth in range(1, len(parts) + 1):
        end = f"{'/'.join(parts[-depth:])}{variant}"
        same = [other for other in entries if other.source.endswith(f"/{end}")]
        name = f"{entry.prefix}{end}"
        if name not in BASELINES and len(same) == 1:
            break
    return name
