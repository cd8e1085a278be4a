"""A reduction from its settings to its action sets, in a folder that can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..environments.backend import with_read_grids
from ..errors import PowrlError
from ..parallel.jobs import Jobs
from ..parallel.run import Task, run
from ..player.actions.action_set import ActionSet
from ..player.files import refusing_unwritable, write_text_whole
from ..player.grid.grid import Grid
from ..player.grid.layout import GridLayout
from ..player.lookahead.grid_model import GridModel
from ..player.lookahead.make_simulator import batch_simulator
from ..storage.digest import digest_of
from ..storage.json_file import read_json_object
from .enumeration import unitary_topologies
from .evaluation import Evaluation, evaluate_states
from .pool import Screening, with_screened
from .scope import Scope, open_settings
from .screening import Screen
from .selection import Selection, select_actions
from .settings import ReductionSettings
from .states import SOLVED_RHO, HardState, collect_states, lines_taken_out
from .storage import load_evaluation, load_states, save_evaluation, save_states

POOL_FILE, SCREENING_FILE = "pool.json", "screening.json"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, scenarios done and all scenarios."""


@dataclass(frozen=True)
class Reduction:
    """What a run came to.

    Attributes
    ----------
    pool:
        The actions that were tried.
    selection:
        The order in which they are kept.
    chosen_on, held_out:
        Evaluations of the states of both kinds of scenarios, of the pool in its own order.
    """

    settings: ReductionSettings
    scope: Scope
    pool: ActionSet
    screening: Screening
    selection: Selection
    chosen_on: Evaluation
    held_out: Evaluation

    @property
    def sizes(self) -> list[int]:
        """Of the sets: those asked for that are smaller than the pool, and all."""
        return [*(size for size in self.settings.sizes if size < len(self.pool)), len(self.pool)]

    def actions(self, size: int) -> ActionSet:
        """The first actions."""
        pool = self.pool
        return ActionSet(
            pool.layout, tuple(pool.actions[index] for index in self.selection.order[:size])
        )


def reduce_actions(
    folder: Path, settings: ReductionSettings, scope: Scope, jobs: Jobs, on_progress: Progress
) -> Reduction:
    """Do what has not been done yet in the folder of a run.

    Raises
    ------
    PowrlError
        No state is hard, none can be solved, or a file of the folder is damaged or not writable.
    """
    with refusing_unwritable(folder):
        for part in ("states", "evaluations"):
            (folder / part).mkdir(exist_ok=True)
    numbers = {name: number for number, name in enumerate(scope.scenarios)}
    make = _Maker(jobs, on_progress, settings)
    make(
        "playing",
        {name: _states_file(folder, name) for name in numbers},
        lambda name: partial(play_scenario, settings, name, numbers[name]),
        lambda name, path, states: save_states(path, states, settings.digest(name)),
    )
    if not (folder / POOL_FILE).exists():
        on_progress("screening", len(numbers), len(numbers))
        _make_pool(folder, settings, scope)
    pool = ActionSet.load(folder / POOL_FILE, scope.layout)
    make(
        "evaluating",
        {name: folder / "evaluations" / f"{name}.npz" for name in numbers},
        lambda name: partial(
            evaluate_scenario, settings, _states_of(folder, settings, (name,)), pool
        ),
        lambda name, path, result: save_evaluation(path, result, _evaluated(folder, name)),
    )
    return _choose(folder, settings, scope)


@dataclass(frozen=True)
class _Maker:
    """Makes a file for each scenario, where it is not there yet."""

    jobs: Jobs
    on_progress: Progress
    settings: ReductionSettings

    def __call__(
        self,
        doing: str,
        files: dict[str, Path],
        task: Callable[[str], Task[Any]],
        save: Callable[[str, Path, Any], None],
    ) -> None:
        missing = [name for name, path in files.items() if not path.exists()]
        done = len(files) - len(missing)
        self.on_progress(doing, done, len(files))

        def keep(number: int, result: Any) -> None:
            nonlocal done
            name = missing[number]
            save(name, files[name], result)
            done += 1
            self.on_progress(doing, done, len(files))

        tasks = [with_read_grids(task(name)) for name in missing]
        run(tasks, self.jobs, keep, self.settings.folders())


def play_scenario(settings: ReductionSettings, scenario: str, number: int) -> list[HardState]:
    """The hard states of one scenario."""
    with closing(open_settings(settings)) as engine:
        layout = GridLayout.from_grid2op(engine.grid)
        return collect_states(
            engine.start(scenario, settings.seed + number),
            Grid.from_grid2op(engine.grid.action_space),
            batch_simulator(engine.grid),
            unitary_topologies(layout, maximum_elements=settings.max_elements),
            lines_taken_out(engine.grid),
            settings.critical_rho,
            settings.states,
            np.random.default_rng((settings.seed, number)),
            settings.substations,
            settings.max_steps,
        )


def evaluate_scenario(
    settings: ReductionSettings, states: list[HardState], pool: ActionSet
) -> Evaluation:
    """What each action of the pool does in the hard states of one scenario."""
    with closing(open_settings(settings)) as engine:
        return evaluate_states(
            states,
            batch_simulator(engine.grid),
            pool,
            lines_taken_out(engine.grid),
            settings.substations,
        )


def _make_pool(folder: Path, settings: ReductionSettings, scope: Scope) -> None:
    """Write the pool, from the states of the scenarios to choose on alone."""
    states = _states_of(folder, settings, scope.chosen_on)
    if not states:
        raise PowrlError(
            f"no state of these scenarios reaches a load of {SOLVED_RHO:g} when nothing is done; "
            "give more scenarios or a lower critical_rho."
        )
    order = np.random.default_rng(settings.seed).permutation(len(states))
    enumerated = unitary_topologies(scope.layout, maximum_elements=settings.max_elements)
    with closing(open_settings(settings)) as engine:
        pool, screening = with_screened(
            enumerated,
            Screen(GridModel(engine.grid.backend)),
            batch_simulator(engine.grid),
            [states[index].state for index in order],
            settings.max_elements,
            settings.screened,
        )
    write_text_whole(folder / SCREENING_FILE, json.dumps(asdict(screening), indent=1) + "\n")
    pool.save(folder / POOL_FILE)


def _states_of(
    folder: Path, settings: ReductionSettings, scenarios: tuple[str, ...]
) -> list[HardState]:
    return [
        state
        for name in scenarios
        for state in load_states(_states_file(folder, name), settings.digest(name))
    ]


def _states_file(folder: Path, scenario: str) -> Path:
    return folder / "states" / f"{scenario}.npz"


def _evaluated(folder: Path, scenario: str) -> str:
    """A digest of what an evaluation is made from."""
    return digest_of(_states_file(folder, scenario), folder / POOL_FILE)


def _choose(folder: Path, settings: ReductionSettings, scope: Scope) -> Reduction:
    pool = ActionSet.load(folder / POOL_FILE, scope.layout)
    screening = read_json_object(folder / SCREENING_FILE, "begin a new run")

    def joined(names: tuple[str, ...]) -> Evaluation:
        parts = [
            load_evaluation(folder / "evaluations" / f"{name}.npz", _evaluated(folder, name))
            for name in names
        ]
        return Evaluation.joined(parts)

    # of a single scenario nothing is held out
    chosen_on, held_out = joined(scope.chosen_on), joined(scope.held_out or scope.chosen_on)
    if not (chosen_on.solved_by_one | chosen_on.solved_by_sequence).any():
        raise PowrlError(
            f"none of {len(pool)} topologies solves a hard state; give more scenarios or a higher "
            "max_elements."
        )
    return Reduction(
        settings,
        scope,
        pool,
        Screening(**{**screening, "substations": tuple(screening["substations"])}),
        select_actions(chosen_on, pool.substations),
        chosen_on,
        held_out,
    )
