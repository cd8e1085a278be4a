"""The table of the ablation: steps survived by each variant, and differences to the yardsticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from powrl.scoring.contestants.own import BASELINES
from powrl.scoring.results import Difference, EpisodeScore, compare, summarize
from powrl.storage.text import with_interval, with_spread

from .variants import FULL, GREEDY, GROUPS, group_of, natural

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
class Row:
    """One variant.

    Attributes
    ----------
    variant:
        Its name.
    episodes, completed:
        Number of episodes, and number of those that it played to the end.
    survival, error:
        Steps survived (%): mean over scenarios, all alike, and its standard error (None for a
        single scenario).
    to_full, to_greedy:
        Differences to the yardsticks; None for itself, or where the yardstick did not play.
    ms_mean, ms_max:
        Time of a decision, ms: mean over all steps, and the longest.
    """

    variant: str
    episodes: int
    completed: int
    survival: float
    error: float | None
    to_full: Difference | None
    to_greedy: Difference | None
    ms_mean: float
    ms_max: float

    @property
    def group(self) -> str:
        """The group of the variant."""
        return group_of(self.variant)

    def cells(self) -> list[str]:
        """The row of the table."""
        return [
            self.variant,
            str(self.episodes),
            with_spread(self.survival, self.error),
            str(self.completed),
            *(_difference(difference) for difference in (self.to_full, self.to_greedy)),
            f"{self.ms_mean:.2f}",
            f"{self.ms_max:,.0f}",
        ]


def rows_of(episodes: Sequence[EpisodeScore]) -> list[Row]:
    """One row per variant: the yardstick and the full agent first, then group by group."""
    played: dict[str, list[EpisodeScore]] = {}
    for episode in episodes:
        if episode.agent not in BASELINES:
            played.setdefault(episode.agent, []).append(episode)
    rows = [_row(scores, played) for scores in played.values()]
    return sorted(rows, key=lambda row: (GROUPS.index(row.group), natural(row.variant)))


def _row(scores: list[EpisodeScore], played: dict[str, list[EpisodeScore]]) -> Row:
    name, summary = scores[0].agent, summarize(scores)
    values = np.array(_survivals(scores))
    differences = [
        compare(scores, played[yardstick]) if yardstick in played and yardstick != name else None
        for yardstick in (FULL, GREEDY)
    ]
    return Row(
        variant=name,
        episodes=len(scores),
        completed=sum(score.steps == score.max_steps for score in scores),
        survival=float(values.mean()),
        error=None if len(values) == 1 else float(values.std(ddof=1) / np.sqrt(len(values))),
        to_full=differences[0],
        to_greedy=differences[1],
        ms_mean=summary.ms_per_decision,
        ms_max=summary.slowest_ms,
    )


def _survivals(scores: Sequence[EpisodeScore]) -> list[float]:
    """Steps survived (%) in each scenario, mean over its seeds."""
    shares: dict[str, list[float]] = {}
    for score in scores:
        shares.setdefault(score.scenario, []).append(100 * score.steps / score.max_steps)
    return [float(np.mean(values)) for values in shares.values()]


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return with_interval(difference.survival, difference.survival_interval)


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
