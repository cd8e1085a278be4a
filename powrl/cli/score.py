"""``powrl score``: agents beside baselines, with grid2op's own L2RPN score."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import typer
from joblib import cpu_count
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..editions.editions import EDITIONS, CostUnits, EditionName
from ..environments.opening import BUNDLED
from ..errors import PowrlError
from ..player.files import write_text_whole, write_whole
from ..reporting.text import count, with_spread
from ..scoring.contest import Contest, PlannedEpisode, read_seeds
from ..scoring.contestants.own import Baseline
from ..scoring.picture import survival_picture
from ..scoring.play import count_tasks, left_to_play, play_contest, recording_file, workers_starting
from ..scoring.recording import Recording
from ..scoring.report import html_report, scores_document, scores_table
from ..scoring.request import FILE as REQUEST_FILE
from ..scoring.request import Request
from ..scoring.results import EpisodeScore
from ..storage.record_file import append_record, mend_records, read_records
from ..workspace.runs import command_line, run_folder
from ..workspace.shipped import shipped_agents

DEFAULT_ENVIRONMENT = "l2rpn_neurips_2020_track1"
SEEDS = 5
ALL = ".*"
SCORES_FILE, TABLE_FILE, REPORT_FILE = "scores.json", "scores.csv", "report.html"
PICTURE_FILE = "survival.png"
EPISODES_FILE, RECORDINGS_FOLDER = "episodes.jsonl", "episodes"

_SCORE = TypeAdapter(EpisodeScore)


def command(
    agents: list[str] | None = typer.Argument(
        None,
        metavar="AGENT",
        help="Folder of an agent, <environment>/<name> of a shipped one, a submission zip, "
        "module:make_agent, or greedy:FILE with an action file; none: the agents shipped for the "
        f"environment (by default {DEFAULT_ENVIRONMENT}).",
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
    edition: EditionName | None = typer.Option(
        None,
        help="Score as this competition did; by default the one that played the environment.",
        show_default=False,
    ),
    cost_units: CostUnits = typer.Option(
        CostUnits.NOW,
        help="Units of the operation cost: those of grid2op now, or of the editions of 2020.",
    ),
    scenarios: str = typer.Option(
        ALL,
        metavar="REGEX",
        help="Scenarios to play; matches their whole names (of several mixes <mix>/<name>, too).",
    ),
    seeds: int | None = typer.Option(
        None, min=1, help="Number of seeds; by default 5.", show_default=False
    ),
    seeds_file: Path | None = typer.Option(
        None,
        metavar="FILE",
        help="JSON object of scenario names, each with its seed or its list of seeds, as a "
        "competition drew them.",
    ),
    max_steps: int | None = typer.Option(None, min=1, help="End episodes after so many steps."),
    jobs: int | None = typer.Option(None, min=1, help="Processes; by default one for each core."),
    output: Path | None = typer.Option(
        None, help="Folder for the results; by default a new one in runs/."
    ),
    log: bool = typer.Option(
        False,
        "--log",
        help="Write the reason of every decision of powrl's agents (folders, their zips, greedy) "
        "to decisions-<agent>.jsonl.",
    ),
    resume: Path | None = typer.Option(None, help="Go on with the scoring of a run folder."),
) -> None:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines.

    The code of a zip or a module is run, with your rights: score what you trust.
    """
    given = [agents, environment, edition, seeds, seeds_file, max_steps, output, log]
    defaults = [(data, BUNDLED), (scenarios, ALL), (cost_units, CostUnits.NOW)]
    if resume is not None:
        if any(given) or any(value != default for value, default in defaults):
            raise PowrlError("--resume goes on with the run as it is: only --jobs goes with it.")
        _resume(resume, jobs or cpu_count())
        return
    if seeds is not None and seeds_file is not None:
        raise PowrlError("give either --seeds or --seeds-file.")
    request = Request(
        agents or _shipped_agents(environment, edition),
        data,
        environment,
        scenarios,
        read_seeds(seeds_file) if seeds_file is not None else seeds or SEEDS,
        max_steps,
        log,
        edition,
        cost_units,
    )
    jobs = jobs or cpu_count()
    with workers_starting(jobs):
        contest = request.plan()
    with run_folder("score", output and output.resolve()) as folder:
        request.save(folder, contest)
        _score(request, contest, folder, jobs)


def _resume(folder: Path, jobs: int) -> None:
    request = Request.load(folder)
    if (folder / SCORES_FILE).exists():
        raise PowrlError(f"{folder} is finished; its report is {folder / REPORT_FILE}.")
    with workers_starting(jobs):
        contest = request.plan()
    _score(request, contest, folder, jobs)


def _score(request: Request, contest: Contest, folder: Path, jobs: int) -> None:
    """Play what is left, and report all."""
    console = Console()
    console.print(
        f"Scoring {count(len(contest.contestants), 'agent')} on {contest.environment}: "
        f"{count(len(contest.scenarios), 'scenario')}, {count(len(contest.seeds), 'seed')}; "
        f"run folder: {folder}",
        soft_wrap=True,
    )
    mend_records(folder / EPISODES_FILE)
    there = [each for each in read_scores(folder) if recording_of_score(folder, each).exists()]
    longest = max((each.max_steps for each in there), default=0)
    if contest.max_steps is not None and longest > contest.max_steps:
        raise PowrlError(
            f"{folder} holds episodes of {longest} steps, more than the max_steps of its "
            f"{REQUEST_FILE}, {contest.max_steps}; restore that, or begin a new run."
        )
    episodes = _play(contest, jobs, folder, request.log, there, console)
    document = scores_document(contest, episodes, request.data, request.contents, command_line())
    _write(folder, contest, episodes, document)
    console.print(_table(document))
    score = document["score"]
    console.print(f"Score: {score['class']} ({score['title']}), {score['costs']}.")
    console.print(f"Report: {folder / REPORT_FILE}", soft_wrap=True, highlight=False)


def read_scores(folder: Path) -> list[EpisodeScore]:
    """What a run folder holds so far.

    Raises
    ------
    PowrlError
        A part of it is damaged.
    """
    path = folder / EPISODES_FILE
    names = [each.name for each in fields(EpisodeScore)]
    found = {}
    for number, record in enumerate(read_records(path, names), 1):
        try:
            score = _SCORE.validate_python(EpisodeScore(**record))
        except ValidationError as error:
            raise PowrlError(
                f"{path}, line {number}: no score of a run; remove the line."
            ) from error
        found[score.agent, score.scenario, score.seed] = score
    return list(found.values())


def _shipped_agents(environment: str | None, edition: EditionName | None) -> list[str]:
    """Names of the agents that are shipped for what is to be played."""
    played = EDITIONS[edition.value].environments if edition else (DEFAULT_ENVIRONMENT,)
    wanted = (environment,) if environment else played
    found = [name for name in shipped_agents() if name.split("/")[0] in wanted]
    if not found:
        raise PowrlError(f"no agent is shipped for {wanted[0]!r}; give the folder of an agent.")
    return found


def _play(
    contest: Contest,
    jobs: int,
    folder: Path,
    log: bool,
    played: list[EpisodeScore],
    console: Console,
) -> list[EpisodeScore]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    recordings = folder / RECORDINGS_FOLDER
    with Progress(*columns, console=console) as progress:
        references = progress.add_task("references", total=len(left_to_play(contest, played)))
        task = progress.add_task("scored", total=count_tasks(contest), completed=len(played))

        def show(score: EpisodeScore) -> None:
            append_record(folder / EPISODES_FILE, asdict(score))
            progress.advance(task)
            progress.console.print(
                f"{escape(score.agent)}, {score.scenario}, seed {score.seed}: "
                f"score {score.score:.1f}, {score.steps} of {score.max_steps} steps",
                highlight=False,
                soft_wrap=True,
            )

        return play_contest(
            contest,
            jobs,
            lambda: progress.advance(references),
            show,
            played,
            folder if log else None,
            recordings,
        )


def _write(
    folder: Path, contest: Contest, episodes: list[EpisodeScore], document: dict[str, Any]
) -> None:
    picture = survival_picture(contest, episodes)
    write_text_whole(folder / TABLE_FILE, scores_table(document))
    write_whole(folder / PICTURE_FILE, lambda file: file.write(picture))
    page = html_report(document, picture, _recordings(contest, episodes, folder))
    write_text_whole(folder / REPORT_FILE, page)
    # last, since it tells that the run is finished
    write_text_whole(folder / SCORES_FILE, json.dumps(document, indent=1) + "\n")


def _recordings(
    contest: Contest, episodes: list[EpisodeScore], folder: Path
) -> dict[tuple[str, str, int], Recording]:
    """Of all agents but the baselines."""
    told = [each.name for each in contest.contestants if not isinstance(each, Baseline)]
    return {
        (each.agent, each.scenario, each.seed): Recording.load(recording_of_score(folder, each))
        for each in episodes
        if each.agent in told
    }


def recording_of_score(folder: Path, score: EpisodeScore) -> Path:
    """The file with the recording of a scored episode."""
    episode = PlannedEpisode(score.scenario, score.seed)
    return folder / RECORDINGS_FOLDER / recording_file(score.agent, episode)


def _table(document: dict[str, Any]) -> Table:
    steps = f", at most {count(document['max_steps'], 'step')}" if document["max_steps"] else ""
    seeds = len(document["seeds"])
    spread = ", mean ± spread over seeds" if seeds > 1 else ""
    table = Table(
        title=f"{document['environment']}: {count(len(document['scenarios']), 'scenario')}{steps}, "
        f"{count(seeds, 'seed')}{spread}"
    )
    # folded, since names that are cut may have a common beginning
    table.add_column("agent", overflow="fold")
    parts = document["score"]["parts"]
    for heading in ("official score", *parts, "steps survived (%)", "ms per decision", "slowest"):
        table.add_column(heading, justify="right", overflow="fold")
    for row in document["agents"]:
        table.add_row(
            escape(row["agent"]),
            with_spread(row["score"], row["score_spread"]),
            *(f"{row['parts'][part]:.1f}" for part in parts),
            with_spread(row["survival"], row["survival_spread"]),
            f"{row['ms_per_decision']:.2f}",
            f"{row['slowest_ms']:,.0f}",
        )
    return table
