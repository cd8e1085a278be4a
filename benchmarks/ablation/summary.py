"""What the episodes say of each variant, in numbers and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from powrl.scoring.report import with_spread
from powrl.scoring.results import bootstrap_interval

from .episodes import Episode
from .variants import FULL, GREEDY, GROUPS, natural

HEADS = (
    "variant",
    "episodes",
    "survived (%)",
    "completed",
    f"to {FULL}",
    f"to {GREEDY}",
    "ms",
    "slowest",
)


@dataclass(frozen=True)
class Difference:
    """Of the steps survived, paired by scenario and seed (%).

    Attributes
    ----------
    mean:
        Over scenarios, of the mean over their seeds.
    interval:
        95 % bootstrap interval of it: scenarios are drawn with all their seeds, which are alike.
        None for too few scenarios.
    """

    mean: float
    interval: tuple[float, float] | None

    def __str__(self) -> str:
        mean = f"{self.mean:+.1f}"
        if self.interval is None:
            return mean
        return f"{mean} ({self.interval[0]:+.1f} to {self.interval[1]:+.1f})"


@dataclass(frozen=True)
class Row:
    """One variant.

    Attributes
    ----------
    variant, group:
        Which one.
    episodes, completed:
        How many were played, and how many of them to the end.
    survival, error:
        Steps survived (%): mean over scenarios, each alike, and its standard error (None for a
        single scenario).
    to_full, to_greedy:
        Over the episodes that both played; None where there are none, or for itself.
    ms_mean, ms_max:
        Time of a decision: mean over all steps, and the longest.
    """

    variant: str
    group: str
    episodes: int
    completed: int
    survival: float
    error: float | None
    to_full: Difference | None
    to_greedy: Difference | None
    ms_mean: float
    ms_max: float

    def cells(self) -> list[str]:
        """The row of the table."""
        return [
            self.variant,
            str(self.episodes),
            with_spread(self.survival, self.error),
            str(self.completed),
            str(self.to_full or ""),
            str(self.to_greedy or ""),
            f"{self.ms_mean:.2f}",
            f"{self.ms_max:,.0f}",
        ]


def summarize(episodes: Sequence[Episode]) -> list[Row]:
    """One row per variant: the yardstick and the full agent first, then group by group."""
    by_variant: dict[str, list[Episode]] = {}
    for episode in episodes:
        by_variant.setdefault(episode.variant, []).append(episode)
    rows = [_row(played, by_variant) for played in by_variant.values()]
    return sorted(rows, key=lambda row: (GROUPS.index(row.group), natural(row.variant)))


def _row(played: list[Episode], by_variant: dict[str, list[Episode]]) -> Row:
    first = played[0]
    values = _by_scenario([(each.scenario, each.survival) for each in played])
    alone = len(values) == 1
    return Row(
        variant=first.variant,
        group=first.group,
        episodes=len(played),
        completed=sum(not each.game_over for each in played),
        survival=float(values.mean()),
        error=None if alone else float(values.std(ddof=1) / np.sqrt(len(values))),
        to_full=difference(played, by_variant.get(FULL, [])),
        to_greedy=difference(played, by_variant.get(GREEDY, [])),
        ms_mean=float(
            np.average([each.ms_mean for each in played], weights=[each.steps for each in played])
        ),
        ms_max=max(each.ms_max for each in played),
    )


def difference(played: Sequence[Episode], reference: Sequence[Episode]) -> Difference | None:
    """Of a variant to another one, over the scenarios and seeds that both played."""
    other = {(each.scenario, each.seed): each for each in reference}
    pairs = [
        (each.scenario, each.survival - other[each.scenario, each.seed].survival)
        for each in played
        if (each.scenario, each.seed) in other
    ]
    if not pairs or played[0].variant == reference[0].variant:
        return None
    values = _by_scenario(pairs)
    return Difference(float(values.mean()), bootstrap_interval(values, np.ones(len(values))))


def _by_scenario(pairs: Sequence[tuple[str, float]]) -> np.ndarray:
    """The mean of each scenario's values, in the order of the names."""
    values: dict[str, list[float]] = {}
    for scenario, value in pairs:
        values.setdefault(scenario, []).append(value)
    return np.array([np.mean(values[scenario]) for scenario in sorted(values)])


def terminal_table(rows: Sequence[Row]) -> Table:
    """The rows for the terminal."""
    table = Table()
    for number, head in enumerate(HEADS):
        table.add_column(head, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row.cells())
    return table


def markdown_table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = [list(HEADS), ["---"] * len(HEADS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
