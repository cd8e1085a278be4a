"""The tables of a scoring's result for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from rich.table import Table

from ..errors import count
from ..storage.text import interval_text, with_spread
from .results import LEAST_SCENARIOS, Summary
from .scoring_result import ScoringResult, kinds

MAX_DIFFERENCES = 6
_LONGEST_NAME = 19
"""Letters of a name that stay in one line."""
_HEADING = 9
"""Letters of a line of a heading, but for longer words."""
_MOST_COLUMNS = 5
"""Columns beside that of the agents which a terminal of 80 columns holds."""


def terminal_tables(result: ScoringResult) -> Iterator[Table]:
    """The scores; the points lost, where costs are known; and the differences between agents.

    What decisions took stands beside the scores where both fit a narrow terminal, else below them.
    """
    yield from _score_tables(result)
    if any(summary.units for summary in result.summaries):
        yield _lost_table(result)
    if result.agent_differences:
        yield _difference_table(result)


def _score_tables(result: ScoringResult) -> list[Table]:
    """One row for each agent; columns on failures and the like only where there are any."""
    contest, summaries = result.contest, result.summaries
    steps = f", at most {count(contest.max_steps, 'step')}" if contest.max_steps else ""
    spread = f", mean ± spread over {result.spread_over}" if result.spread_over else ""
    title = (
        f"{contest.environment}: {count(len(contest.scenarios), 'scenario')}{steps}, "
        f"{count(len(contest.seeds), 'seed')}{spread}"
    )
    scores = {"official score": [with_spread(s.score, result.spreads(s)[0]) for s in summaries]}
    for part in contest.edition.parts:
        scores[part] = [f"{summary.parts[part]:.1f}" for summary in summaries]
    survived = [with_spread(s.survival, result.spreads(s)[1]) for s in summaries]
    scores["steps survived (%)"] = survived
    decisions = _decision_columns(summaries)
    changed = [", ".join(kinds(summary.manipulations)) for summary in summaries]
    manipulations = {"manipulates": changed} if any(changed) else {}
    agents = [summary.agent for summary in summaries]
    if len(scores) + len(decisions) + len(manipulations) <= _MOST_COLUMNS:
        return [_columns(title, agents, {**scores, **decisions}, manipulations)]
    return [
        _columns(title, agents, scores, {}),
        _columns("Decisions", agents, decisions, manipulations),
    ]


def _decision_columns(summaries: Sequence[Summary]) -> dict[str, list[str]]:
    """The columns on decisions, by their headings."""
    columns = {
        "ms per decision": [f"{summary.ms_per_decision:.2f}" for summary in summaries],
        "slowest": [f"{summary.slowest_ms:,.0f}" for summary in summaries],
    }
    for heading, name in (("failed", "failed_decisions"), ("cut", "cut_decisions")):
        counts = [getattr(summary, name) for summary in summaries]
        if any(counts):
            columns[heading] = [f"{number:,}" for number in counts]
    return columns


def _columns(
    title: str,
    agents: Sequence[str],
    numbers: Mapping[str, Sequence[str]],
    texts: Mapping[str, Sequence[str]],
) -> Table:
    """A table with a row for each agent, from its columns by their headings."""
    table = _table(title, ["agent"], list(numbers))
    for heading in texts:
        table.add_column(heading, overflow="fold")
    for agent, *cells in zip(agents, *numbers.values(), *texts.values(), strict=True):
        table.add_row(_name(agent), *cells)
    return _with_whole_numbers(table)


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
                "" if row else _name(summary.agent),
                unit.value,
                f"{points.score:.1f}",
                f"{points.lost_to_blackouts:.1f}",
                f"{points.lost_to_operation:.1f}",
                "" if row else ratio,
            )
    return _with_whole_numbers(table)


def _difference_table(result: ScoringResult) -> Table:
    """All pairs of a few agents, else what training adds and the first agent against each.

    The report has all pairs.
    """
    differences = result.agent_differences
    if len(differences) > MAX_DIFFERENCES:
        gains, first = result.training_gains, result.summaries[0].agent
        others = [difference for difference in differences if difference.agent == first]
        differences = [*gains, *(other for other in others if other not in gains)]
    reason = ""
    if len(result.contest.scenarios) < LEAST_SCENARIOS:
        reason = f" (intervals from {LEAST_SCENARIOS} scenarios on)"
    headings = ["official score", "95 % interval", "steps survived (%)"]
    title = f"Differences, paired by scenario and seed{reason}"
    table = _table(title, ["agent", "minus"], headings)
    for row in differences:
        table.add_row(
            _name(row.agent),
            _name(row.other),
            f"{row.score:+.1f}",
            interval_text(row.score_interval),
            f"{row.survival:+.1f}",
        )
    return _with_whole_numbers(table)


def _with_whole_numbers(table: Table) -> Table:
    """The table with columns of numbers that stay whole where the terminal is narrow."""
    for column in table.columns:
        if column.justify == "right":
            column.min_width = max(map(len, map(str, column.cells)), default=0)
    return table


def _name(agent: str) -> str:
    """The name of an agent, its settings in a line of their own where both are long."""
    name, bracket, settings = agent.partition("[")
    end = "\n" if bracket and len(agent) > _LONGEST_NAME else ""
    return name + end + bracket + settings


def _table(title: str, names: Sequence[str], headings: Sequence[str]) -> Table:
    """Columns of names, then of numbers."""
    table = Table(title=title)
    # folded, since names that are cut may have a common beginning
    for name in names:
        table.add_column(_heading(name), overflow="fold")
    for heading in headings:
        table.add_column(_heading(heading), justify="right", overflow="fold")
    return table


def _heading(text: str) -> str:
    return "\n".join(wrap(text, _HEADING, break_long_words=False))
