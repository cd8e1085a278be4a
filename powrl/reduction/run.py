"""A reduction from its settings to its action sets, in a folder that can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from ..actions.action_set import ActionSet
from ..actions.enumeration import unitary_topologies
from ..errors import PowrlError
from ..files import refusing_unwritable, write_text_whole
from ..grid.environments import BUNDLED, require_grid_of, require_readable
from ..grid.layout import GridLayout
from ..simulation.choice import batch_simulator
from ..simulation.grid_model import GridModel
from ..simulation.screening import Screen
from ..stepping.engine import Engine, open_engine
from .evaluation import Evaluation, evaluate_states
from .pool import Screening, with_screened
from .selection import Selection, select_actions
from .settings import ReductionSettings
from .states import SOLVED_RHO, HardState, collect_states, lines_taken_out
from .storage import load_evaluation, load_states, save_evaluation, save_states

SETTINGS_FILE, START_FILE = "settings.yaml", "run.json"
POOL_FILE, SCREENING_FILE = "pool.json", "screening.json"
HELD_OUT = 4
"""Every so manieth scenario is not chosen on."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, scenarios done and all scenarios."""


@dataclass(frozen=True)
class Scope:
    """The scenarios of a reduction and its grid.

    Attributes
    ----------
    chosen_on, held_out:
        Names of the scenarios; none is held out of a single one.
    enumerated:
        Topologies of all substations that are not too large.
    """

    layout: GridLayout
    chosen_on: tuple[str, ...]
    held_out: tuple[str, ...]
    enumerated: int

    @property
    def scenarios(self) -> list[str]:
        """All, sorted."""
        return sorted((*self.chosen_on, *self.held_out))


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


def prepare(settings: ReductionSettings) -> Scope:
    """Look at everything that can be wrong before the work begins.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened or read, are of another grid than the environment's, or
        cannot be played.
    """
    with closing(_open(settings)) as engine:
        if settings.data != BUNDLED:
            require_grid_of(engine.grid, settings.environment)
        require_readable(engine.grid)
        batch_simulator(engine.grid)
        layout = GridLayout.of(engine.grid)
        enumerated = unitary_topologies(layout, maximum_elements=settings.max_elements)
        if not len(enumerated):
            raise PowrlError("no substation of this grid has topologies to choose from.")
        names = sorted(engine.scenarios)
    chosen_on, held_out = split(names, settings.seed)
    return Scope(layout, chosen_on, held_out, len(enumerated))


def split(names: Sequence[str], seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scenarios to choose on and those held out, drawn by the seed: one of four, or of two."""
    order = np.random.default_rng(seed).permutation(len(names)).tolist()
    held = order[HELD_OUT - 1 :: HELD_OUT] or order[1:][-1:]
    chosen_on = sorted(set(order) - set(held))
    return tuple(names[index] for index in chosen_on), tuple(names[index] for index in sorted(held))


def begin(folder: Path, settings: ReductionSettings, scope: Scope, start: dict[str, Any]) -> None:
    """Put what the run is made from into its folder, which is then all that resuming needs.

    Parameters
    ----------
    start:
        The command line and the versions.
    """
    body = {**start, "chosen_on": scope.chosen_on, "held_out": scope.held_out}
    write_text_whole(folder / START_FILE, json.dumps(body, indent=1) + "\n")
    write_text_whole(folder / SETTINGS_FILE, settings.to_yaml())


def require_same_scenarios(folder: Path, scope: Scope) -> None:
    """Refuse to go on when the scenarios have changed since the run began.

    Raises
    ------
    PowrlError
        They have.
    """
    body = json.loads((folder / START_FILE).read_text(encoding="utf-8"))
    if sorted(body["chosen_on"] + body["held_out"]) != scope.scenarios:
        raise PowrlError(
            f"the scenarios are not those that {folder} began with; restore them, or begin anew."
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
    names = scope.scenarios
    work = (("playing", "states", play_scenario), ("evaluating", "evaluations", evaluate_scenario))
    for doing, part, job in work:
        waiting = [name for name in names if not (folder / part / f"{name}.npz").exists()]
        done = len(names) - len(waiting)
        on_progress(doing, done, len(names))
        for _ in Parallel(n_jobs=jobs, return_as="generator_unordered")(
            delayed(job)(folder, settings, name, names.index(name)) for name in waiting
        ):
            done += 1
            on_progress(doing, done, len(names))
        if part == "states" and not (folder / POOL_FILE).exists():
            on_progress("screening", done, len(names))
            _make_pool(folder, settings, scope)
    return _choose(folder, settings, scope)


def play_scenario(folder: Path, settings: ReductionSettings, scenario: str, number: int) -> None:
    """Collect the hard states of one scenario into their file."""
    with closing(_open(settings)) as engine:
        layout = GridLayout.of(engine.grid)
        states = collect_states(
            engine.start(scenario, settings.seed + number),
            batch_simulator(engine.grid),
            unitary_topologies(layout, maximum_elements=settings.max_elements),
            lines_taken_out(engine.grid),
            settings.critical_rho,
            settings.states,
            np.random.default_rng((settings.seed, number)),
        )
    save_states(folder / "states" / f"{scenario}.npz", states)


def evaluate_scenario(
    folder: Path, settings: ReductionSettings, scenario: str, number: int
) -> None:
    """Try the pool in the hard states of one scenario."""
    del number
    with closing(_open(settings)) as engine:
        engine.grid.reset()
        pool = ActionSet.load(folder / POOL_FILE, GridLayout.of(engine.grid))
        evaluation = evaluate_states(
            load_states(folder / "states" / f"{scenario}.npz"),
            batch_simulator(engine.grid),
            pool,
            lines_taken_out(engine.grid),
        )
    save_evaluation(folder / "evaluations" / f"{scenario}.npz", evaluation)


def _open(settings: ReductionSettings) -> Engine:
    engine = open_engine(settings.engine, settings.source, cached=False)
    engine.grid.reset()
    return engine


def _make_pool(folder: Path, settings: ReductionSettings, scope: Scope) -> None:
    """Write the pool, from the states of the scenarios to choose on alone."""
    states = _states_of(folder, scope.chosen_on)
    if not states:
        raise PowrlError(
            f"no state of these scenarios reaches a load of {SOLVED_RHO:g} when nothing is done; "
            "give more scenarios or a lower critical_rho."
        )
    order = np.random.default_rng(settings.seed).permutation(len(states))
    enumerated = unitary_topologies(scope.layout, maximum_elements=settings.max_elements)
    with closing(_open(settings)) as engine:
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


def _states_of(folder: Path, scenarios: tuple[str, ...]) -> list[HardState]:
    return [state for name in scenarios for state in load_states(folder / "states" / f"{name}.npz")]


def _choose(folder: Path, settings: ReductionSettings, scope: Scope) -> Reduction:
    pool = ActionSet.load(folder / POOL_FILE, scope.layout)
    screening = json.loads((folder / SCREENING_FILE).read_text(encoding="utf-8"))

    def joined(names: tuple[str, ...]) -> Evaluation:
        parts = [load_evaluation(folder / "evaluations" / f"{name}.npz") for name in names]
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
