"""The tables of a scoring's result for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from ..storage.text import count, interval_text, with_spread
from .results import LEAST_SCENARIOS
from .scoring_result import ScoringResult, kinds

MAX_DIFFERENCES = 6


def terminal_tables(result: ScoringResult) -> Iterator[Table]:
    """The scores; the points lost, where costs are known; and the differences between agents."""
    yield _score_table(result)
    if any(summary.units for summary in result.summaries):
        yield _lost_table(result)
    if result.agent_differences:
        yield _difference_table(result)


def _score_table(result: ScoringResult) -> Table:
    """One row for each agent; columns on failures and the like only where there are any."""
    contest = result.contest
    steps = f", at most {count(contest.max_steps, 'step')}" if contest.max_steps else ""
    spread = f", mean ± spread over {result.spread_over}" if result.spread_over else ""
    title = (
        f"{contest.environment}: {count(len(contest.scenarios), 'scenario')}{steps}, "
        f"{count(len(contest.seeds), 'seed')}{spread}"
    )
    parts = contest.edition.parts
    failed = any(summary.failed_decisions for summary in result.summaries)
    cut = any(summary.cut_decisions for summary in result.summaries)
    changed = any(summary.manipulations for summary in result.summaries)
    headings = ["official score", *parts, "steps survived (%)", "ms per decision", "slowest"]
    headings += ["failed"] * failed + ["cut"] * cut
    table = _table(title, ["agent"], headings)
    if changed:
        table.add_column("manipulates", overflow="fold")
    for summary in result.summaries:
        score_spread, survival_spread = result.spreads(summary)
        cells = [
            with_spread(summary.score, score_spread),
            *(f"{summary.parts[part]:.1f}" for part in parts),
            with_spread(summary.survival, survival_spread),
            f"{summary.ms_per_decision:.2f}",
            f"{summary.slowest_ms:,.0f}",
        ]
        cells += [f"{summary.failed_decisions:,}"] * failed + [f"{summary.cut_decisions:,}"] * cut
        cells += [", ".join(kinds(summary.manipulations))] * changed
        table.add_row(escape(summary.agent), *cells)
    return table


def _lost_table(result: ScoringResult) -> Table:
    """One row for each agent and unit."""
    headings = ["operation score", "lost to blackouts", "lost to cost", "cost / reference"]
    title = "Points lost to the reference"
    table = _table(title, ["agent", "cost units"], headings)
    for summary in result.summaries:
        if not summary.units:
            continue
        ratio = "" if summary.cost_ratio is None else f"{summary.cost_ratio:.2f}"
        for row, unit in enumerate(result.contest.shown_units):
            points = summary.units[unit.value]
            table.add_row(
                "" if row else escape(summary.agent),
                unit.value,
                f"{points.score:.1f}",
                f"{points.lost_to_blackouts:.1f}",
                f"{points.lost_to_operation:.1f}",
                "" if row else ratio,
            )
    return table


def _difference_table(result: ScoringResult) -> Table:
    """All pairs of a few agents, else the first agent against each; the report has all."""
    differences = result.agent_differences
    if len(differences) > MAX_DIFFERENCES:
        first = result.summaries[0].agent
        differences = [difference for difference in differences if difference.agent == first]
    reason = ""
    if len(result.contest.scenarios) < LEAST_SCENARIOS:
        reason = f" (intervals from {LEAST_SCENARIOS} scenarios on)"
    headings = ["official score", "95 % interval", "steps survived (%)"]
    title = f"Differences, paired by scenario and seed{reason}"
    table = _table(title, ["agent", "minus"], headings)
    for row in differences:
        table.add_row(
            escape(row.agent),
            escape(row.other),
            f"{row.score:+.1f}",
            interval_text(row.score_interval),
            f"{row.survival:+.1f}",
        )
    return table


def _table(title: str, names: Sequence[str], headings: Sequence[str]) -> Table:
    """Columns of names, then of numbers."""
    table = Table(title=title)
    # folded, since names that are cut may have a common beginning
    for name in names:
        table.add_column(name, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    return table
