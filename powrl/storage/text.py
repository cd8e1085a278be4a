"""Numbers as text, for tables and pages."""

from __future__ import annotations


def with_spread(mean: float, spread: float | None) -> str:
    """A mean and its spread; a single value has no spread.

    Examples
    --------
    >>> with_spread(48.31, 2.12), with_spread(48.31, None)
    ('48.3 ± 2.1', '48.3')
    """
    return f"{mean:.1f}" if spread is None else f"{mean:.1f} ± {spread:.1f}"


def with_interval(mean: float, interval: tuple[float, float] | list[float] | None) -> str:
    """A difference and its confidence interval, where it has one.

    Examples
    --------
    >>> with_interval(2.0, (1.0, 3.0)), with_interval(2.0, None)
    ('+2.0 (+1.0 to +3.0)', '+2.0')
    """
    if interval is None:
        return f"{mean:+.1f}"
    return f"{mean:+.1f} ({interval[0]:+.1f} to {interval[1]:+.1f})"


def interval_text(interval: tuple[float, float] | None) -> str:
    """A confidence interval of a difference; a dash without one.

    Examples
    --------
    >>> interval_text((-1.04, 3.0))
    '-1.0 to +3.0'
    """
    return "–" if interval is None else f"{interval[0]:+.1f} to {interval[1]:+.1f}"  # noqa: RUF001
