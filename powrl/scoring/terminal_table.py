"""The table of a scoring's result for the terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from ..storage.text import count, with_spread
from .scoring_result import ScoringResult, kinds


def terminal_table(result: ScoringResult) -> Table:
    """One row for each agent; columns on failures and the like only where there are any."""
    contest = result.contest
    steps = f", at most {count(contest.max_steps, 'step')}" if contest.max_steps else ""
    seeds = len(contest.seeds)
    spread = ", mean ± spread over seeds" if seeds > 1 else ""
    table = Table(
        title=f"{contest.environment}: {count(len(contest.scenarios), 'scenario')}{steps}, "
        f"{count(seeds, 'seed')}{spread}"
    )
    parts = contest.edition.parts
    failed = any(summary.failed_decisions for summary in result.summaries)
    cut = any(summary.cut_decisions for summary in result.summaries)
    headings = ["official score", *parts, "steps survived (%)", "ms per decision", "slowest"]
    headings += ["failed"] * failed + ["cut"] * cut
    changed = any(summary.manipulations for summary in result.summaries)
    # folded, since names that are cut may have a common beginning
    table.add_column("agent", overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    if changed:
        table.add_column("manipulates", overflow="fold")
    for summary in result.summaries:
        cells = [
            with_spread(summary.score, summary.score_spread),
            *(f"{summary.parts[part]:.1f}" for part in parts),
            with_spread(summary.survival, summary.survival_spread),
            f"{summary.ms_per_decision:.2f}",
            f"{summary.slowest_ms:,.0f}",
        ]
        cells += [f"{summary.failed_decisions:,}"] * failed + [f"{summary.cut_decisions:,}"] * cut
        cells += [", ".join(kinds(summary.manipulations))] * changed
        table.add_row(escape(summary.agent), *cells)
    return table
