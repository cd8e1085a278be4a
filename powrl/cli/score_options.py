"""Arguments and options of ``powrl score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..editions.editions import DEFAULT_ENVIRONMENT, CostUnits, EditionName
from . import completion

Agents = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="AGENT",
        autocompletion=completion.agents,
        help="Folder of an agent or of its training, <environment>/<name> of a shipped one, a "
        "submission zip, module:make_agent, or greedy:FILE with an action file; NAME=AGENT names "
        "it, AGENT[plan=false,...] changes settings; none: the agents shipped for the environment "
        f"(by default {DEFAULT_ENVIRONMENT}).",
        show_default=False,
    ),
]
Data = Annotated[
    str,
    typer.Option(
        metavar="DIR|bundled|download",
        help="Where the scenarios come from: an environment folder, those bundled with grid2op, "
        "or grid2op's download.",
    ),
]
Environment = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        autocompletion=completion.environments,
        help="grid2op's name of the environment, if it is not that of the first agent.",
    ),
]
Edition = Annotated[
    EditionName | None,
    typer.Option(
        help="Score as this competition did; by default the one that played the environment.",
        show_default=False,
    ),
]
Units = Annotated[
    CostUnits,
    typer.Option(
        help="Units of the operation cost: those of grid2op now, or of the editions of 2020."
    ),
]
Scenarios = Annotated[
    str,
    typer.Option(
        metavar="REGEX",
        help="Scenarios to play; matches their whole names (of several mixes <mix>/<name>, too).",
    ),
]
Seeds = Annotated[
    int | None, typer.Option(min=1, help="Number of seeds; by default 5.", show_default=False)
]
SeedsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="JSON object of scenario names, each with its seed or its list of seeds, as a "
        "competition drew them.",
    ),
]
MaxSteps = Annotated[int | None, typer.Option(min=1, help="Longest episode, in steps.")]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Play the I-th of N shards of the scenarios; powrl merge puts all shards together.",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="overload.KEY=VALUE",
        help="Setting of the overload manager that all agents play with; repeatable.",
        show_default=False,
    ),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; by default one for each core.")]
DecisionTimeout = Annotated[
    float,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="Time that an agent may take for a decision. Agents of powrl have a limit only where "
        "one is set.",
    ),
]
EpisodeTimeout = Annotated[
    float,
    typer.Option(
        min=1.0,
        metavar="SECONDS",
        help="Time that an agent may take for an episode. Agents of powrl have a limit only where "
        "one is set.",
    ),
]
Output = Annotated[
    Path | None, typer.Option(help="Folder for the results; by default a new one in runs/.")
]
Log = Annotated[
    bool,
    typer.Option(
        "--log",
        help="Write the reason of every decision of powrl's agents (folders, their zips, greedy) "
        "to decisions-<agent>.jsonl.",
    ),
]
Baselines = Annotated[
    bool,
    typer.Option(help="Whether doing nothing and reconnecting lines play, too."),
]
Untrained = Annotated[
    bool,
    typer.Option(
        "--untrained/--no-untrained",
        help="Whether an agent with a policy plays without it, too, to show what training adds.",
    ),
]
Simulated = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        help="Also play agents with a policy, with and without it, simulating only as many actions "
        "and planning nothing; repeatable.",
        show_default=False,
    ),
]
Noisy = Annotated[
    bool,
    typer.Option(
        "--noisy",
        help="Each agent also plays with errors in what it observes, to show how robust it is; "
        "noisy:AGENT adds one by itself.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume", help="Go on with the scoring of a run folder; AGENT... are added to it."
    ),
]
Rescore = Annotated[
    Path | None,
    typer.Option(
        "--rescore",
        metavar="RUN",
        help="Score a finished run again, with --edition and --cost-units; nothing is played.",
    ),
]
