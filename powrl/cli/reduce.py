"""``powrl reduce``: choose the topology actions that relieve stressed states."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import PowrlError
from ..files import refuse_overwriting, require_space
from ..grid.environments import BUNDLED, Scenarios
from ..overload.settings import OverloadSettings, SettingError
from ..stepping.engine import EngineName


def command(
    environment: str = typer.Argument(help="grid2op's name of the environment."),
    output: Path = typer.Option(..., "--output", "-o", help="The action file to write."),
    data: str = typer.Option(BUNDLED, help="bundled, download, or an environment folder."),
    scenarios: str = typer.Option(".*", help="Regular expression of the scenarios to play."),
    size: int = typer.Option(240, min=1, help="Actions to keep at most."),
    states: int = typer.Option(400, min=1, help="Stressed states to collect."),
    critical_rho: float = typer.Option(0.95, help="Line load from which on a state is stressed."),
    max_elements: int = typer.Option(10, min=4, help="Leave out substations with more elements."),
    seed: int = typer.Option(0, min=0, help="Fixes the order of scenarios and the opponent."),
    engine: EngineName = typer.Option(
        "fast", help="What plays the scenarios: fast (equal to grid2op), or grid2op itself."
    ),
    jobs: int = typer.Option(2, min=1, help="Processes."),
    force: bool = typer.Option(False, "--force", help="Overwrite a file that is there already."),
) -> None:
    """Enumerate the topologies of all substations and keep those that lower overloads."""
    from ..reduction.reduce import reduce_actions

    try:
        settings = OverloadSettings(critical_rho=critical_rho)
    except SettingError as error:
        raise PowrlError(f"--{error}.") from error
    refuse_overwriting(output, force)
    require_space(output)
    with Progress(
        TextColumn("collecting stressed states"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}, {task.fields[played]} scenarios"),
        TimeElapsedColumn(),
    ) as progress:
        task = progress.add_task("", total=states, played=0)

        def show(collected: int, played: int) -> None:
            progress.update(task, completed=collected, played=played)

        reduction = reduce_actions(
            Scenarios(environment, data, scenarios),
            size=size,
            n_states=states,
            seed=seed,
            jobs=jobs,
            maximum_elements=max_elements,
            settings=settings,
            engine=engine,
            on_progress=show,
        )
    reduction.actions.save(output)
    Console().print(
        f"{reduction.enumerated} topologies enumerated, {reduction.distinct} differ electrically; "
        f"{len(reduction.actions)} kept on {reduction.n_states} stressed states.\n"
        f"Some action relieves {reduction.relieved_by_all:.0%} of these states, "
        f"one of those kept {reduction.relieved_by_kept:.0%}.\n{output}"
    )
    if reduction.n_states < states:
        Console().print(
            f"These scenarios have fewer stressed states than the {states} asked for: give more "
            "scenarios for a better choice."
        )
