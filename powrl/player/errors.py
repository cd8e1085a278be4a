"""What powrl raises for what a user can mend: `PowrlError` and its kinds."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable


class PowrlError(Exception):
    """A problem in what powrl was given; its text is one sentence that says what to do.

    Examples
    --------
    >>> try:
    ...     raise ConfigurationError("training.seed: -1 was given, allowed is 0 or more")
    ... except PowrlError as error:
    ...     print(error)
    training.seed: -1 was given, allowed is 0 or more
    """


class ConfigurationError(PowrlError):
    """A configuration, a setting or a file of an agent cannot be used as it is.

    Examples
    --------
    >>> try:
    ...     powrl.train("case14", overrides=["training.lr=1"])
    ... except powrl.ConfigurationError as error:
    ...     print(error)  # doctest: +SKIP
    """


class GridMismatchError(PowrlError):
    """An agent, an action set or a policy is for another grid; the first difference is named.

    Examples
    --------
    >>> try:
    ...     powrl.load_agent("l2rpn_wcci_2020/powrl", environment_of_14_substations)
    ... except powrl.GridMismatchError as error:
    ...     print(error)  # doctest: +SKIP
    """


class NotSupportedError(PowrlError):
    """What is asked for cannot be had here: an engine, a kind of opponent, a part of an action.

    Examples
    --------
    >>> try:
    ...     open_engine("fast", Scenarios("rte_case5_example"))
    ... except powrl.NotSupportedError as error:
    ...     print(error)  # doctest: +SKIP
    """


def shown(value: object) -> str:
    """A value as text, in short whatever its size.

    Examples
    --------
    >>> shown([1] * 1000)
    '[1, 1, 1, 1, 1, 1, ...]'
    """
    try:
        return reprlib.repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "a number of very many digits"


def wrong_value(key: str, value: object, needed: str) -> str:
    """A sentence that shows the value of a parameter, and says what it needs to be.

    Examples
    --------
    >>> wrong_value("steps", 0, "1 or more")
    'steps: 0 was given; it needs to be 1 or more.'
    """
    return f"{key}: {shown(value)} was given; it needs to be {needed}."


def unknown_key(key: str, names: Iterable[str]) -> str:
    """What is wrong with a key, which one may be meant, and all that there are."""
    allowed = list(names)
    if not allowed:
        return f"{key}: unknown key"
    close = closest(key, allowed)
    hint = f", did you mean {close!r}?" if close else ";"
    return f"{key}: unknown key{hint} allowed are {', '.join(allowed)}"


def count(number: int, noun: str) -> str:
    """A number with its noun, for messages.

    Examples
    --------
    >>> count(1, "seed"), count(5, "seed")
    ('1 seed', '5 seeds')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def of_another_version(kind: str) -> str:
    """What may be the matter with an unknown key in a file, and what to do then.

    Examples
    --------
    >>> of_another_version("the agent")
    '; where the agent is of another version of powrl, take the key out'
    """
    return f"; where {kind} is of another version of powrl, take the key out"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A sentence with the name that may be meant; empty where none is like it.

    Examples
    --------
    >>> did_you_mean("DoNohting", ["DoNothing", "RecoPowerline"])
    " Did you mean 'DoNothing'?"
    """
    close = closest(name, names)
    return f" Did you mean {str(close)!r}?" if close else ""


def closest(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """The most similar of some names, or None: none is like it.

    Parameters
    ----------
    likeness:
        From 0 to 1; less similar names are left out (`difflib.SequenceMatcher.ratio`).
    """
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=likeness)
    return close[0] if close else None
