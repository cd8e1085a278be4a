"""How far the forecasts of time series hold, and those that `LearnedForecast` makes of them.

    python -m benchmarks.forecasts --data DIR

Nothing is done, in a grid without protections and attacks. An error is the root of the squared
errors of all generators but the slack, or of all loads, in all steps.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import typer
from rich.console import Console

from benchmarks.command import run_command
from benchmarks.estimates import without_protections
from benchmarks.markdown import head, row
from powrl.engines.engine import Engine
from powrl.engines.fast.opponent import NoAttacks
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.grid.grid import Grid
from powrl.player.grid.learned_forecast import LearnedForecast

EPISODES = 4
"""Scenarios of each environment, spread over its folder."""


def errors_of(engine: Engine, scenario: str) -> np.ndarray:
    """Sums of squared errors and the values they are of.

    Returns
    -------
    numpy.ndarray
        Rows production and loads; columns the present for the next step, the forecast, and what is
        learned, shape ``(2, 3)``.
    """
    grid, learned = Grid.from_grid2op(engine.grid.action_space), LearnedForecast()
    batch = engine.simulator().batch
    assert batch is not None
    is_slack = batch.is_slack
    sums, episode = np.zeros((2, 3)), engine.start(scenario, 0)
    while not episode.done:
        now = episode.observation
        guesses = [
            (now.gen_p, now.load_p),
            now.get_forecasted_inj(1)[::2],
            learned.next(now, grid.generators, is_slack)[::2],
        ]
        after = episode.step(None)
        if episode.game_over:
            break
        for column, (production, loads) in enumerate(guesses):
            sums[0, column] += ((after.gen_p - production)[~is_slack] ** 2).sum()
            sums[1, column] += ((after.load_p - loads) ** 2).sum()
    return sums


def measure(data: Path, name: str) -> np.ndarray:
    """Errors of an environment as shares of those of the present, rows as in `errors_of`."""
    scenarios = Scenarios(name, str(data / name))
    with closing(open_engine("fast", scenarios, cached=False)) as engine:
        parameters = without_protections(engine)
    with closing(
        open_engine("fast", scenarios, False, lambda *_: NoAttacks(), param=parameters)
    ) as engine:
        apart = max(1, len(engine.scenarios) // EPISODES)
        sums = sum(errors_of(engine, one) for one in engine.scenarios[::apart][:EPISODES])
    errors = np.sqrt(sums)
    return np.asarray(errors / errors[:, :1])


def main(
    data: Path = typer.Option(..., help="The folder that holds the environment folders."),
) -> None:
    """Print the errors of forecasts, as shares of those of the present injections."""
    console = Console(soft_wrap=True)
    heads = ["scenarios of", "production, forecast", "production, learned"]
    heads += ["loads, forecast", "loads, learned"]
    console.print(head(*heads))
    for folder in sorted(path for path in data.iterdir() if (path / "chronics").is_dir()):
        shares = measure(data, folder.name)[:, 1:].ravel()
        cells = [folder.name, *(f"{share:.2f}" for share in shares)]
        console.print(row(*cells))


if __name__ == "__main__":
    run_command(main, "benchmarks.forecasts")
