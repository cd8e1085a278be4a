"""The scope of a reduction: which scenarios of which grid, and the folder of a run that begins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..engines.engine import Engine
from ..environments.opening import BUNDLED, require_grid_of, require_place, require_readable
from ..errors import PowrlError
from ..player.files import write_text_whole
from ..player.grid.layout import GridLayout
from ..storage.environment_digest import require_same_scenarios, scenario_digests
from ..storage.json_file import read_json_object
from .settings import ReductionSettings

SETTINGS_FILE, START_FILE = "settings.yaml", "run.json"
HELD_OUT = 4
"""One scenario of this many is held out: no action is chosen on it."""


@dataclass(frozen=True)
class Scope:
    """The scenarios of a reduction and its grid.

    Attributes
    ----------
    chosen_on, held_out:
        Names of the scenarios; none is held out of a single one.
    enumerated:
        Topologies of all substations that are not too large.
    folder, files:
        The environment folder, and a digest of what each scenario is played from.
    """

    layout: GridLayout
    chosen_on: tuple[str, ...]
    held_out: tuple[str, ...]
    enumerated: int
    folder: Path
    files: dict[str, str]

    @property
    def scenarios(self) -> list[str]:
        """All, sorted."""
        return sorted((*self.chosen_on, *self.held_out))


def prepare(settings: ReductionSettings) -> Scope:
    """Look at everything that can be wrong before the work begins.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened or read, are of another grid than the environment's, or
        cannot be played.
    """
    require_place(settings.source)
    from ..player.lookahead.make_simulator import batch_simulator
    from .enumeration import unitary_topologies

    with closing(open_settings(settings)) as engine:
        if settings.data != BUNDLED:
            require_grid_of(engine.grid, settings.environment)
        require_readable(engine.grid)
        batch_simulator(engine.grid)
        layout = GridLayout.from_grid2op(engine.grid)
        enumerated = unitary_topologies(layout, maximum_elements=settings.max_elements)
        if not len(enumerated):
            raise PowrlError("no substation of this grid has topologies to choose from.")
        names = sorted(engine.scenarios)
        folder = Path(engine.grid.get_path_env())
    chosen_on, held_out = split(names, settings.seed)
    files = scenario_digests(folder, names)
    return Scope(layout, chosen_on, held_out, len(enumerated), folder, files)


def split(names: Sequence[str], seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scenarios to choose on and those held out, drawn by the seed: a quarter, one at least."""
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
    body = {
        **start,
        "settings": settings.model_dump(mode="json"),
        "chosen_on": scope.chosen_on,
        "held_out": scope.held_out,
        "files": scope.files,
    }
    write_text_whole(folder / SETTINGS_FILE, settings.to_yaml())
    write_text_whole(folder / START_FILE, json.dumps(body, indent=1) + "\n")


def read_start(folder: Path) -> dict[str, Any]:
    """What `begin` wrote about a run.

    Raises
    ------
    PowrlError
        The file is missing or damaged.
    """
    return read_json_object(folder / START_FILE, "begin a new run")


def require_same_run(folder: Path, settings: ReductionSettings, scope: Scope) -> None:
    """Refuse to go on when the settings or the scenarios have changed since the run began.

    Other sizes of the action sets are welcome: they are chosen at the end.

    Raises
    ------
    PowrlError
        They have, or the run's file is damaged.
    """
    body = read_start(folder)
    before, now = body.get("settings"), settings.model_dump(mode="json")
    if not isinstance(before, dict):
        raise PowrlError(f"{folder / START_FILE} lacks the settings of the run; begin a new run.")
    for key in now.keys() - {"sizes"}:
        if before.get(key) != now[key]:
            raise PowrlError(
                f"{key} in {folder / SETTINGS_FILE} is not what the run began with "
                f"({before.get(key)!r}); restore it, or begin anew."
            )
    if (body.get("chosen_on"), body.get("held_out")) != (
        list(scope.chosen_on),
        list(scope.held_out),
    ):
        raise PowrlError(
            f"the scenarios are not those that {folder} began with; restore them, or begin anew."
        )
    files = body.get("files")
    if isinstance(files, dict):  # an older powrl wrote none
        require_same_scenarios(files, scope.files, scope.folder, "reduction")


def open_settings(settings: ReductionSettings) -> Engine:
    """The engine of the settings, its environment reset."""
    from ..engines.opening import open_engine

    engine = open_engine(settings.engine, settings.source, cached=False)
    engine.grid.reset()
    return engine
