"""The shard of a contest that one of several jobs plays: every N-th scenario."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import ConfigurationError, count, shown
from .contest import Contest

_TEXT = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)


def parse_shard(text: str) -> tuple[int, int]:
    """The number of a shard, from 1, and the number of all shards.

    Examples
    --------
    >>> parse_shard("2/8")
    (2, 8)

    Raises
    ------
    ConfigurationError
        The text is no such shard.
    """
    match = _TEXT.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise ConfigurationError(
            f"the shard {shown(text)} needs the form I/N, as 2/8 for the second of eight."
        )
    return int(match[1]), int(match[2])


def shard_of(contest: Contest, text: str) -> Contest:
    """The contest of a shard; its episodes have the seeds that they have in the whole contest.

    Raises
    ------
    ConfigurationError
        The text is no shard, or there are fewer scenarios than shards.
    """
    number, shards = parse_shard(text)
    names = list(contest.scenarios)
    if len(names) < shards:
        raise ConfigurationError(
            f"{count(len(names), 'scenario')} cannot fill {shards} shards; give fewer shards."
        )
    share = names[number - 1 :: shards]
    return replace(contest, scenarios={name: contest.scenarios[name] for name in share})
