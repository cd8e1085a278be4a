"""Opening grid2op environments: bundled with grid2op, downloaded by it, or from a folder."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import PowrlError, shown
from ..player.errors import closest
from ..player.files import require_utf8
from ..player.grid.forecasts import with_forecast
from ..player.grid.grid2op_objects import Environment
from ..player.grid.layout import GridLayout
from ..player.grid2op_internals import scenario_order
from .folder_files import explain_failure, explain_scenario, require_regular_files
from .oddities import gaps_of, in_short, short_forecast, tell_oddities

BUNDLED = "bundled"
DOWNLOAD = "download"
ALL = ".*"
"""The names of all scenarios."""
MULTIMIX_MARK = ".multimix"
"""The file by which grid2op knows a folder of several mixes."""


@dataclass(frozen=True)
class Scenarios:
    """Where the scenarios of an environment come from, and which of them.

    Attributes
    ----------
    environment:
        grid2op's name of the environment; not used when `source` is a folder.
    source:
        ``"bundled"`` (shipped inside grid2op), ``"download"`` (grid2op's own data folder, filled
        by a download when it lacks the environment), or the path of an environment folder.
    names:
        Regular expression that a scenario's name must match in full.
    """

    environment: str
    source: str | Path = BUNDLED
    names: str = ALL


def open_environment(scenarios: Scenarios, cached: bool = False, **make: Any) -> Any:
    """Make a grid2op environment that plays just these scenarios.

    Parameters
    ----------
    cached:
        Keep each scenario in memory after it was played once (`KeptScenarios`): resets 20 times
        faster, about 4 MB per week of 36 substations.
    **make:
        Passed to ``grid2op.make``.

    Raises
    ------
    PowrlError
        An unknown environment, a folder that holds none, one of several mixes (each mix is an
        environment of its own), or no scenario of that name.
    """
    from grid2op.Chronics import Multifolder

    from .kept_scenarios import KeptScenarios

    chronics = KeptScenarios if cached else Multifolder
    environment = _make(scenarios, chronics_class=chronics, **make)
    try:
        _require_single_mix(environment)
        _select(environment, scenarios.names)
    except PowrlError:
        environment.close()
        raise
    return environment


def open_template(scenarios: Scenarios) -> AbstractContextManager[Any]:
    """The environment that a submission's ``make_agent`` is given: no time series, no opponent.

    It is closed with the context.

    Raises
    ------
    PowrlError
        As `open_environment` does.
    """
    from grid2op.Chronics import ChangeNothing
    from grid2op.Opponent import get_kwargs_no_opponent

    return closing(_make(scenarios, chronics_class=ChangeNothing, **get_kwargs_no_opponent()))


def single_mixes(scenarios: Scenarios) -> list[Scenarios]:
    """The same scenarios mix by mix, for an environment of several; else as they are.

    There the regular expression matches ``<mix>/<name>`` or the name alone; mixes without a match
    are left out.

    Raises
    ------
    PowrlError
        As `open_environment` does.
    """
    if scenarios.source in (BUNDLED, DOWNLOAD):
        environment = _make(scenarios)
        folder = Path(environment.get_path_env())
        environment.close()
    else:
        folder = Path(scenarios.source)
    if not (folder / MULTIMIX_MARK).exists():
        return [scenarios]
    mixes = sorted(part for part in folder.iterdir() if (part / "chronics").is_dir())
    if not mixes:
        raise PowrlError(f"{folder} has no mix: no folder in it holds chronics; put some there.")
    pattern = _compiled(scenarios.names)
    names = {
        mix: sorted(path.name for path in (mix / "chronics").iterdir() if path.is_dir())
        for mix in mixes
    }
    matching = {
        mix: [
            name for name in mix_names if any(map(pattern.fullmatch, (name, f"{mix.name}/{name}")))
        ]
        for mix, mix_names in names.items()
    }
    if not any(matching.values()):
        names_of_all = [
            f"{mix.name}/{name}" for mix, mix_names in names.items() for name in mix_names
        ]
        raise _no_match(folder, scenarios.names, names_of_all)
    return [
        replace(scenarios, source=mix, names="|".join(map(re.escape, mix_names)))
        for mix, mix_names in matching.items()
        if mix_names
    ]


def _select(environment: Environment, names: str) -> None:
    """Restrict an environment to the scenarios whose name matches."""
    pattern = _compiled(names)
    handler = environment.chronics_handler
    available = _all_names(environment)
    if not any(map(pattern.fullmatch, available)):
        raise _no_match(environment.get_path_env(), names, available)
    handler.real_data.set_filter(lambda path: bool(pattern.fullmatch(Path(path).name)))
    handler.reset()


def _compiled(names: str) -> re.Pattern[str]:
    try:
        return re.compile(names)
    except re.error as error:
        raise PowrlError(
            f"{names!r} is no regular expression for scenario names ({error})."
        ) from error


def _no_match(folder: str | Path, names: str, available: list[str]) -> PowrlError:
    return PowrlError(
        f"no scenario of {folder} has a name that matches {names!r}; "
        f"it has {len(available)}, for instance {', '.join(available[:3])}."
    )


def require_place(scenarios: Scenarios) -> None:
    """Refuse scenarios that are not there, before grid2op is imported, which takes seconds.

    Raises
    ------
    PowrlError
        The source is no environment folder, or the names are no regular expression.
    """
    _compiled(scenarios.names)
    if scenarios.source in (BUNDLED, DOWNLOAD):
        return
    folder = Path(scenarios.source)
    require_utf8(folder)
    if not folder.is_dir():
        raise PowrlError(f"there is no folder {folder}; give an environment folder with --data.")
    if (folder / MULTIMIX_MARK).exists():
        return  # its mixes are environment folders
    for part in ("grid.json", "config.py", "chronics"):
        if not (folder / part).exists():
            raise PowrlError(
                f"{folder} is no environment folder: it has no {part}; give the folder that holds "
                "grid.json, config.py and chronics."
            )
    chronics = folder / "chronics"
    if not chronics.is_dir() or not any(path.is_dir() for path in chronics.iterdir()):
        raise PowrlError(f"{folder} has no scenario in its folder chronics; put some there.")


def scenario_numbers(environment: Environment) -> dict[str, int]:
    """Names of the chosen scenarios, sorted -> their numbers among all of the folder by name."""
    everything = _all_names(environment)
    return {name: everything.index(name) for name in sorted(scenario_names(environment))}


def _all_names(environment: Environment) -> list[str]:
    return sorted(Path(path).name for path in environment.chronics_handler.real_data.subpaths)


def require_grid_of(environment: Environment, name: str) -> None:
    """Refuse an environment from a folder whose grid is not that of the bundled one of this name.

    Raises
    ------
    PowrlError
        The first difference of the two grids.
    """
    if name in bundled_environments():
        bundled = _make(Scenarios(name))
        try:
            GridLayout.from_grid2op(bundled).require_same(
                GridLayout.from_grid2op(environment), name
            )
        finally:
            bundled.close()


def require_readable(environment: Environment) -> None:
    """Refuse an environment with a scenario that grid2op cannot read.

    Raises
    ------
    PowrlError
        The first such scenario, or a line whose limit is 0.
    """
    from grid2op.Exceptions import Grid2OpException

    _require_limits(environment)
    gaps: list[str] = []
    paths = environment.chronics_handler.real_data.subpaths
    for path in map(Path, paths[scenario_order(environment.chronics_handler.real_data)]):
        for needed in ("load_p", "prod_p"):  # without, grid2op plays constant loads
            if not any(path.glob(f"{needed}.csv*")):
                raise PowrlError(f"the scenario {path} has no {needed}.csv; complete or remove it.")
        environment.set_id(path.name)
        try:
            with_forecast(environment.reset())  # which tells where there is none
        except (EOFError, OSError, ValueError, LookupError, Grid2OpException) as error:
            _require_limits(environment)
            reason = explain_scenario(path) or in_short(error)
            raise PowrlError(
                f"grid2op cannot read the scenario {path} ({reason}); replace or remove it."
            ) from error
        if lacking := short_forecast(environment):
            raise PowrlError(f"the scenario {path} lacks forecasts: {lacking}; complete them.")
        gaps += [f"{path.name} ({gap})" for gap in gaps_of(environment)]
    tell_oddities(environment, gaps)


def _require_limits(environment: Environment) -> None:
    limits = environment.get_thermal_limit()
    for name, limit in zip(environment.name_line, limits, strict=True):
        if limit <= 0:
            raise PowrlError(
                f"the thermal limit of the line {name} is {limit:g} A; give a positive one in "
                f"config.py of {environment.get_path_env()}."
            )


def scenario_names(environment: Environment) -> list[str]:
    """Names of the scenarios that an environment plays, in the order of their number."""
    data = environment.chronics_handler.real_data
    return [Path(data.subpaths[index]).name for index in scenario_order(data)]


def bundled_environments() -> list[str]:
    """Environments shipped inside grid2op, each with a few scenarios."""
    import grid2op

    return sorted(grid2op.list_available_test_env())


def require_bundled(name: str) -> None:
    """Refuse an environment that is not shipped inside grid2op.

    Raises
    ------
    PowrlError
        What is meant instead: a folder, a similar name, or one of all.
    """
    names = bundled_environments()
    if name in names:
        return
    if os.path.isdir(name):  # noqa: PTH112 - pathlib raises on odd names
        raise PowrlError(f"{name} is a folder, and no name of an environment; give it with --data.")
    close = closest(name, names, 0.75)
    hint = f", did you mean {close!r}? It" if close else "; it"
    raise PowrlError(
        f"grid2op bundles no environment {shown(name)}{hint} has {', '.join(names)}; give the "
        "folder of another one with --data."
    )


def installed_environments() -> list[str]:
    """Environments in grid2op's own data folder."""
    import grid2op

    return sorted(grid2op.list_available_local_env())


def downloadable_environments() -> list[str]:
    """Environments that grid2op can download now.

    Raises
    ------
    PowrlError
        grid2op's list cannot be reached.
    """
    import grid2op

    try:
        return sorted(_quietly(grid2op.list_available_remote_env))
    except Exception as error:
        raise PowrlError(
            "grid2op's list of downloads cannot be reached; check the network."
        ) from error


def _make(scenarios: Scenarios, **make: Any) -> Any:
    require_place(scenarios)
    import grid2op

    from .backend import backend_of_read_grids

    make = {"backend": backend_of_read_grids()(), **make}
    name, source = scenarios.environment, scenarios.source
    if source == BUNDLED:
        require_bundled(name)
        return _quietly(lambda: grid2op.make(name, test=True, **make))
    if source == DOWNLOAD:
        try:
            return _quietly(lambda: grid2op.make(name, **make))
        except Exception as error:
            raise PowrlError(
                f"grid2op can neither open nor download {name!r} ({error})."
            ) from error
    folder = Path(source)
    require_regular_files(folder)
    try:
        return _quietly(lambda: grid2op.make(str(folder.resolve()), **make))
    except (Exception, SystemExit) as error:  # its config.py is code
        reason = explain_failure(folder) or in_short(error)
        raise PowrlError(
            f"grid2op cannot open the environment folder {folder}: {reason}; mend that."
        ) from error


def _require_single_mix(environment: Environment) -> None:
    from grid2op.Environment import MultiMixEnvironment

    if isinstance(environment, MultiMixEnvironment):
        folder = Path(environment.get_path_env())
        mixes = ", ".join(str(folder / name) for name in sorted(environment.keys()))
        raise PowrlError(f"{folder.name} has several mixes; give one of them with --data: {mixes}.")


def _quietly(make: Callable[[], Any]) -> Any:
    """grid2op warns of its own defaults on every `make`; only here, and only then, not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()
