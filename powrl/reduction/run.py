"""A reduction from its settings to its action sets, in a folder that can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from ..errors import PowrlError
from ..player.actions.action_set import ActionSet
from ..player.files import refusing_unwritable, write_text_whole
from ..player.grid.grid import Grid
from ..player.grid.layout import GridLayout
from ..player.lookahead.grid_model import GridModel
from ..player.lookahead.make_simulator import batch_simulator
from ..storage.digest import digest_of
from ..storage.json_file import read_json_object
from ..workspace.processes import end_with_parent, refusing_killed_workers
from .dc_screening import Screen
from .enumeration import unitary_topologies
from .evaluation import Evaluation, evaluate_states
from .pool import Screening, with_screened
from .scope import Scope, open_settings
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
    folder: Path, settings: ReductionSettings, scope: Scope, jobs: int, on_progress: Progress
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
    _in_parallel(
        jobs,
        lambda done: on_progress("playing", done, len(numbers)),
        {
            folder / "states" / f"{name}.npz": delayed(play_scenario)(
                folder, settings, name, number
            )
            for name, number in numbers.items()
        },
    )
    if not (folder / POOL_FILE).exists():
        on_progress("screening", len(numbers), len(numbers))
        _make_pool(folder, settings, scope)
    _in_parallel(
        jobs,
        lambda done: on_progress("evaluating", done, len(numbers)),
        {
            folder / "evaluations" / f"{name}.npz": delayed(evaluate_scenario)(
                folder, settings, name
            )
            for name in numbers
        },
    )
    return _choose(folder, settings, scope)


def _in_parallel(jobs: int, on_done: Callable[[int], None], work: dict[Path, Any]) -> None:
    """Do what makes a file, for each file that is not there yet."""
    waiting = [job for path, job in work.items() if not path.exists()]
    done = len(work) - len(waiting)
    on_done(done)
    parallel = Parallel(jobs, return_as="generator_unordered", initializer=end_with_parent)
    with refusing_killed_workers():
        for _ in parallel(waiting):
            done += 1
            on_done(done)


def play_scenario(folder: Path, settings: ReductionSettings, scenario: str, number: int) -> None:
    """Collect the hard states of one scenario into their file."""
    with closing(open_settings(settings)) as engine:
        layout = GridLayout.from_grid2op(engine.grid)
        states = collect_states(
            engine.start(scenario, settings.seed + number),
            Grid.from_grid2op(engine.grid.action_space),
            batch_simulator(engine.grid),
            unitary_topologies(layout, maximum_elements=settings.max_elements),
            lines_taken_out(engine.grid),
            settings.critical_rho,
            settings.states,
            np.random.default_rng((settings.seed, number)),
            settings.substations,
        )
    save_states(_states_file(folder, scenario), states, settings.digest(scenario))


def evaluate_scenario(folder: Path, settings: ReductionSettings, scenario: str) -> None:
    """Try the pool in the hard states of one scenario."""
    with closing(open_settings(settings)) as engine:
        pool = ActionSet.load(folder / POOL_FILE, GridLayout.from_grid2op(engine.grid))
        evaluation = evaluate_states(
            load_states(_states_file(folder, scenario), settings.digest(scenario)),
            batch_simulator(engine.grid),
            pool,
            lines_taken_out(engine.grid),
            settings.substations,
        )
    save_evaluation(
        folder / "evaluations" / f"{scenario}.npz", evaluation, _evaluated(folder, scenario)
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
