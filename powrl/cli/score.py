"""``powrl score``: agents beside baselines, with grid2op's own L2RPN score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from joblib import cpu_count
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..agent import AgentSettings
from ..errors import PowrlError
from ..files import write_text_whole, write_whole
from ..grid.environments import BUNDLED, DOWNLOAD, Scenarios
from ..runs import command_line, run_folder
from ..scoring.contest import Contest, plan_contest, read_seeds
from ..scoring.picture import count, survival_picture
from ..scoring.play import count_tasks, play_contest
from ..scoring.report import html_report, scores_document, with_spread
from ..scoring.results import EpisodeScore
from ..shipped import find_agent, shipped_agents

DEFAULT_ENVIRONMENT = "l2rpn_neurips_2020_track1"
SEEDS = 5


def command(
    agents: list[str] | None = typer.Argument(
        None,
        metavar="AGENT",
        help="Folder of an agent, or <environment>/<name> of a shipped one; "
        f"none: those shipped for the environment (by default {DEFAULT_ENVIRONMENT}).",
        show_default=False,
    ),
    *,
    data: str = typer.Option(
        BUNDLED,
        metavar="DIR|bundled|download",
        help="Where the scenarios come from: an environment folder, those bundled with grid2op, "
        "or grid2op's download.",
    ),
    environment: str | None = typer.Option(
        None,
        metavar="NAME",
        help="grid2op's name of the environment, if it is not that of the first agent.",
    ),
    scenarios: str = typer.Option(
        ".*", metavar="REGEX", help="Scenarios to play; matches their whole names."
    ),
    seeds: int | None = typer.Option(
        None, min=1, help="Number of seeds; by default 5.", show_default=False
    ),
    seeds_file: Path | None = typer.Option(
        None,
        metavar="FILE",
        help="JSON with the seed of each scenario, or a list of seeds, as a competition drew them.",
    ),
    max_steps: int | None = typer.Option(None, min=1, help="End episodes after so many steps."),
    jobs: int | None = typer.Option(None, min=1, help="Processes; by default one for each core."),
    output: Path | None = typer.Option(
        None, help="Folder for the results; by default a new one in runs/."
    ),
    log: bool = typer.Option(
        False, "--log", help="Write the reason of every decision to decisions-<agent>.jsonl."
    ),
) -> None:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines."""
    if seeds is not None and seeds_file is not None:
        raise PowrlError("give either --seeds or --seeds-file.")
    folders = _agent_folders(agents or [], environment)
    contest = plan_contest(
        _scenarios(data, environment, scenarios, folders),
        folders,
        range(seeds or SEEDS) if seeds_file is None else read_seeds(seeds_file),
        max_steps,
    )
    console = Console()
    with run_folder("score", output) as folder:
        console.print(
            f"Scoring {count(len(contest.contestants), 'agent')} on {contest.environment}: "
            f"{count(len(contest.scenarios), 'scenario')}, {count(len(contest.seeds), 'seed')}."
        )
        episodes = _play(contest, jobs or cpu_count(), folder if log else None, console)
        document = scores_document(contest, episodes, data, command_line())
        _write(folder, contest, episodes, document)
    console.print(_table(document))
    console.print(f"Score: {document['score']['class']}, {document['score']['costs']}.")
    console.print(f"Report: {folder / 'report.html'}", soft_wrap=True, highlight=False)


def _agent_folders(agents: list[str], environment: str | None) -> list[Path]:
    if agents:
        return [find_agent(agent) for agent in agents]
    wanted = environment or DEFAULT_ENVIRONMENT
    folders = [folder for name, folder in shipped_agents().items() if name.split("/")[0] == wanted]
    if not folders:
        raise PowrlError(f"no agent is shipped for {wanted!r}; give the folder of an agent.")
    return folders


def _scenarios(data: str, environment: str | None, names: str, folders: list[Path]) -> Scenarios:
    if data in (BUNDLED, DOWNLOAD):
        name = environment or AgentSettings.load(folders[0]).environment
        return Scenarios(name, data, names)
    if environment is not None:
        raise PowrlError(
            "--data names an environment folder, which tells the environment; leave out "
            "--environment."
        )
    return Scenarios(Path(data).name, Path(data), names)


def _play(
    contest: Contest, jobs: int, log_folder: Path | None, console: Console
) -> list[EpisodeScore]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("scored", total=count_tasks(contest))
        return play_contest(contest, jobs, lambda: progress.advance(task), log_folder)


def _write(
    folder: Path, contest: Contest, episodes: list[EpisodeScore], document: dict[str, Any]
) -> None:
    picture = survival_picture(contest, episodes)
    write_text_whole(folder / "scores.json", json.dumps(document, indent=1) + "\n")
    write_whole(folder / "survival.png", lambda file: file.write(picture))
    write_text_whole(folder / "report.html", html_report(document, picture))


def _table(document: dict[str, Any]) -> Table:
    table = Table(
        title=f"{document['environment']}: {count(len(document['scenarios']), 'scenario')}, "
        f"{count(len(document['seeds']), 'seed')}, mean ± spread over seeds"
    )
    table.add_column("agent")
    for heading in ("official score", "steps survived (%)", "ms per decision"):
        table.add_column(heading, justify="right")
    for row in document["agents"]:
        table.add_row(
            row["agent"],
            with_spread(row["score"], row["score_spread"]),
            with_spread(row["survival"], row["survival_spread"]),
            f"{row['ms_per_decision']:.2f}",
        )
    return table
