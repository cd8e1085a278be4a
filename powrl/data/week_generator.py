"""Runs in Chronix2Grid's virtual environment: one week by an environment folder's own settings.

It reads a JSON object from its input and imports nothing of powrl. What is wrong is the last line
that it prints.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any


def generate(week: dict[str, Any]) -> str | None:
    """Write the folder of a week; why that is not possible, or None."""
    import grid2op
    from chronix2grid.grid2op_utils.utils import generate_a_scenario
    from grid2op.Chronics import ChangeNothing
    from grid2op.Opponent import get_kwargs_no_opponent
    from lightsim2grid import LightSimBackend

    folder = Path(week["folder"])
    environment = grid2op.make(
        str(folder),
        backend=LightSimBackend(),
        chronics_class=ChangeNothing,
        **get_kwargs_no_opponent(),  # some need to know how long an episode is
    )
    options: dict[str, Any] = {
        "with_loss": True,
        "files_to_copy": ["maintenance_meta.json", "params_load.json", "params_forecasts.json"],
        "save_ref_curve": False,
        "day_lag": 6,
        "debug": False,
    }
    scenario = json.loads((folder / "scenario_params.json").read_text(encoding="utf-8"))
    own = folder / "chronix2grid_adddata_kwargs.json"
    if own.exists():
        options.update(json.loads(own.read_text(encoding="utf-8")))
    options["handle_loss"] = options.pop("with_loss")
    options["files_to_copy"] = [
        name for name in options["files_to_copy"] if (folder / name).exists()
    ]
    error, *_ = generate_a_scenario(
        str(folder),
        environment.name_gen,
        environment.gen_type,
        week["output"],
        week["date"],
        scenario["dt"],
        week["number"],
        *week["seeds"],
        nb_steps=week.get("steps"),
        **options,
    )
    if error is not None:
        return str(error)
    _without_times(Path(week["output"]) / f"{week['date']}_{week['number']}")
    return None


def _without_times(scenario: Path) -> None:
    """Leave out how long it took, so that the same week has the same files."""
    path = scenario / "generation_quality.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts = {name: fact for name, fact in facts.items() if not name.endswith("_time")}
    path.write_text(json.dumps(facts, sort_keys=True, indent=4), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    failure = generate(json.load(sys.stdin))
    if failure is not None:
        sys.exit(f"draw: {' '.join(failure.split())}")
