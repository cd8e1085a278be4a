"""The picture of a contest: steps survived in each scenario."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import count
from .contest import Contest
from .contestants.own import Baseline
from .results import EpisodeScore

# of Okabe and Ito, told apart by colour-blind readers; baselines are grey
_AGENT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_BASELINE_COLOURS = ("#555555", "#A0A0A0")
_INCHES_PER_BAR = 0.2
_MOST_COLUMNS = 4
_MAX_PIXELS = 30_000  # matplotlib refuses pictures of 65,536 pixels and more
_ALL = "all scenarios"


def survival_picture(contest: Contest, episodes: Sequence[EpisodeScore]) -> bytes:
    """Draw survival per scenario and agent: bars for means over seeds, dots for the seeds.

    Returns
    -------
    bytes
        A PNG file.
    """
    rows = _rows(contest)
    n_agents = len(contest.contestants)
    height = 1.5 + len(rows) * (n_agents + 1) * _INCHES_PER_BAR
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.add_subplot()
    survival = _Survival(episodes)
    for index, contestant in enumerate(contest.contestants):
        values = [
            [survival.share(contestant.name, seed, scenarios) for seed in contest.seeds]
            for scenarios in rows.values()
        ]
        offset = (index - (n_agents - 1) / 2) / (n_agents + 1)
        _draw_agent(
            axes,
            np.array(values),
            np.arange(len(rows)) + offset,
            {"color": _colours(contest)[index], "label": contestant.name.replace("$", r"\$")},
            thickness=0.86 / (n_agents + 1),
        )
    _describe(axes, contest, rows, episodes)
    _name_agents(figure, n_agents)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=min(150, _MAX_PIXELS / figure.get_figheight()))
    return file.getvalue()


class _Survival:
    """Steps survived over scenarios, %."""

    def __init__(self, episodes: Sequence[EpisodeScore]) -> None:
        self._episodes = {
            (episode.agent, episode.seed, episode.scenario): episode for episode in episodes
        }

    def share(self, agent: str, seed: int, scenarios: Sequence[str]) -> float:
        played = [self._episodes[agent, seed, scenario] for scenario in scenarios]
        return (
            100
            * sum(episode.steps for episode in played)
            / sum(episode.max_steps for episode in played)
        )


def _rows(contest: Contest) -> dict[str, tuple[str, ...]]:
    """Label of each row -> its scenarios: all together first, then each."""
    rows: dict[str, tuple[str, ...]] = {name: (name,) for name in contest.scenarios}
    return {_ALL: tuple(contest.scenarios), **rows} if len(rows) > 1 else rows


def _colours(contest: Contest) -> list[str]:
    n_agents = sum(not isinstance(agent, Baseline) for agent in contest.contestants)
    agents = [_AGENT_COLOURS[index % len(_AGENT_COLOURS)] for index in range(n_agents)]
    return [*agents, *_BASELINE_COLOURS]


def _draw_agent(
    axes: Axes, values: np.ndarray, positions: np.ndarray, style: dict[str, Any], thickness: float
) -> None:
    """Bars and dots of one agent; `values` has the shape (rows, seeds)."""
    axes.barh(positions, values.mean(axis=1), height=thickness, alpha=0.45, **style)
    seeds = values.shape[1]
    # one below the other, so that equal ones are all seen
    within = thickness * np.linspace(-0.3, 0.3, seeds) if seeds > 1 else np.zeros(1)
    axes.scatter(
        values.ravel(),
        np.add.outer(positions, within).ravel(),
        s=13,
        color=style["color"],
        edgecolors="white",
        linewidths=0.5,
        zorder=3,
        clip_on=False,
    )


def _name_agents(figure: Figure, n_agents: int) -> None:
    """The legend, with as many columns as the picture has room for."""
    for n_columns in range(min(n_agents, _MOST_COLUMNS), 0, -1):
        legend = figure.legend(loc="outside lower center", ncols=n_columns, frameon=False)
        extent = legend.get_window_extent()
        if n_columns == 1 or extent.width < figure.bbox.width:
            # its rows must not take the room of the bars
            figure.set_figheight(figure.get_figheight() + extent.height / figure.dpi)
            return
        legend.remove()


def _describe(
    axes: Axes,
    contest: Contest,
    rows: dict[str, tuple[str, ...]],
    episodes: Sequence[EpisodeScore],
) -> None:
    lengths = sorted({episode.max_steps for episode in episodes})
    length = " to ".join(f"{steps:,}" for steps in sorted({lengths[0], lengths[-1]}))
    axes.set_title(
        f"Steps survived on {contest.environment}\n"
        f"{count(len(contest.scenarios), 'scenario')} of {length} steps, "
        f"{count(len(contest.seeds), 'seed')}"
    )
    axes.set_xlabel("steps survived (% of the scenario); bar: mean over seeds, dot: one seed")
    axes.set_ylabel("scenario")
    axes.set_xlim(0, 100)
    axes.set_yticks(np.arange(len(rows)), list(rows), parse_math=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    if _ALL in rows:
        axes.axhline(0.5, color="#555555", linewidth=0.8)
