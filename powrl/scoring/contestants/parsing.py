"""Contestants from the texts of a user."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import ConfigurationError, PowrlError, count, shown
from ...player.agent_folder import AgentSettings
from ...workspace.shipped import find_agent
from ..run_folder import file_name
from .base import Contestant
from .noisy import NOISY_PREFIX, noisy
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

LONGEST_NAME = 200
"""Letters of the name of an agent's folder and files; systems allow 255."""

_NAME_BEFORE_AGENT = re.compile(r"(?P<name>[^=\[\]:/]*[^=\[\]:/\s])=(?P<agent>.+)", re.DOTALL)


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
        ``module:function``; None: of a file.
    noisy:
        Whether it observes with errors.
    """

    kind: type[Contestant]
    file: Path
    overrides: Overrides = field(default_factory=dict)
    prefix: str = ""
    function: str | None = None
    noisy: bool = False

    @property
    def source(self) -> str:
        source = self.function or f"{self.prefix}{self.file}{variant_text(self.overrides)}"
        return f"{NOISY_PREFIX}{source}" if self.noisy else source

    def contestant(self, name: str) -> Contestant:
        if self.noisy:
            return noisy(replace(self, noisy=False).contestant(name), name)
        if issubclass(self.kind, AgentFolder | GreedySearch):
            return self.kind(name, self.file, self.overrides)
        if self.function is not None:
            return PythonAgent(name, self.file, self.function)
        return self.kind(name, self.file)


def parse_contestants(
    agents: Sequence[str],
    settings: Overrides | None = None,
    names: Sequence[str | None] | None = None,
    baselines: bool = True,
) -> tuple[Contestant, ...]:
    """The contestants that a user names, followed by `BASELINES`.

    Parameters
    ----------
    agents:
        Folders of agents, names of shipped ones, submission zips, ``module:function``, or
        ``greedy:FILE`` with an action file. Settings of powrl's agents may follow in brackets:
        ``AGENT[plan=false,candidates=3]``; ``noisy:AGENT`` observes with errors.
    settings:
        Settings of all agents; those in brackets go before them.
    names:
        Names of the agents in tables and files; by default the ends of their paths.
    baselines:
        Whether `BASELINES` follow.

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
    if names is not None and len(names) != len(entries):
        raise PowrlError(
            f"each agent needs a name of its own: there are {len(entries)}, and "
            f"{count(len(names), 'name')}."
        )
    chosen = [
        name or _short_name(entry, entries)
        for entry, name in zip(entries, names or [None] * len(entries), strict=True)
    ]
    if len(chosen) != len(set(chosen) - set(BASELINES)):
        raise PowrlError("each agent needs a name of its own, other than those of the baselines.")
    for name in chosen:
        if not name.isprintable() or len(file_name(name)) > LONGEST_NAME:
            raise PowrlError(f"the agent {shown(name)} needs a short name to print: NAME=AGENT.")
    contestants = [entry.contestant(name) for entry, name in zip(entries, chosen, strict=True)]
    return (*contestants, *(map(Baseline, BASELINES) if baselines else ()))


def split_name(text: str) -> tuple[str | None, str]:
    """The name of a contestant and its agent, of ``NAME=AGENT`` or ``AGENT``.

    Examples
    --------
    >>> split_name("best=agents/mine[plan=false]"), split_name("agents/mine[plan=false]")
    (('best', 'agents/mine[plan=false]'), (None, 'agents/mine[plan=false]'))
    """
    match = None if Path(text).exists() else _NAME_BEFORE_AGENT.fullmatch(text)
    return (match["name"], match["agent"]) if match else (None, text)


def _entry(text: str, settings: Overrides) -> _Entry:
    if text.startswith(NOISY_PREFIX) and not Path(text).exists():
        entry = _entry(text.removeprefix(NOISY_PREFIX), settings)
        if entry.noisy:
            raise ConfigurationError(f"{text} has noise twice; leave out one {NOISY_PREFIX}")
        return replace(entry, noisy=True)
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
    if entry.noisy:
        return f"{_short_name(replace(entry, noisy=False), entries)}-noisy"
    if entry.function is not None:
        return entry.function
    parts = entry.file.parts[1:]
    variant = variant_text(entry.overrides)
    for depth in range(1, len(parts) + 1):
        end = f"{'/'.join(parts[-depth:])}{variant}"
        same = {other.source.removeprefix(NOISY_PREFIX) for other in entries}
        same = {source for source in same if source.endswith(f"/{end}")}
        name = f"{entry.prefix}{end}"
        if name not in BASELINES and len(same) == 1:
            break
    return name
