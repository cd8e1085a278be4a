"""A grid that was read before plays as one that is read anew."""

from __future__ import annotations

import pickle
import shutil
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grid2op
import numpy as np
import pytest
from lightsim2grid import LightSimBackend

from powrl.environments import backend
from powrl.environments.backend import backend_of_read_grids, with_read_grids
from tests.short_scenarios import BUNDLED, with_rows

LightSimBackendOfReadGrids = backend_of_read_grids()
STEPS = 30


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No grid was read before; the grids that are read from their files."""
    monkeypatch.setattr(backend, "_read", {})
    files: list[str] = []
    load = LightSimBackend.load_grid

    def noted(self: Any, path: str, filename: str | None = None) -> None:
        files.append(str(path))
        load(self, path, filename)

    monkeypatch.setattr(LightSimBackend, "load_grid", noted)
    return files


def opened(folder: str | Path, backend: type = LightSimBackendOfReadGrids) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return grid2op.make(str(folder), test=not Path(folder).exists(), backend=backend())


def steps(environment: Any) -> np.ndarray:
    """The observations of an episode in which a line is opened, to its end or `STEPS`."""
    environment.seed(3)
    environment.set_id(0)
    observations = [environment.reset()]
    open_line = environment.action_space({"set_line_status": [(3, -1)]})
    for step in range(STEPS):
        action = open_line if step == 5 else environment.action_space()
        observation, _, done, _ = environment.step(action)
        observations.append(observation)
        if done:
            break
    return np.array([observation.to_vect() for observation in observations])


@pytest.mark.parametrize(
    "name",
    [
        "rte_case14_realistic",
        "l2rpn_neurips_2020_track1",
        "l2rpn_icaps_2021",
        "l2rpn_wcci_2022_dev",
        "l2rpn_idf_2023",
    ],
)
def test_copies_play_to_the_digit_as_what_is_read_anew(
    name: str, nothing_read: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = sorted(path.name for path in (BUNDLED / name / "chronics").iterdir())[0]
    folder = with_rows(BUNDLED / name, tmp_path, [scenario], range(2 * STEPS))
    plain = opened(folder, LightSimBackend)
    expected = steps(plain)
    plain.close()
    nothing_read.clear()
    first, second = opened(folder), opened(folder)
    task = pickle.dumps(with_read_grids(partial(opened, folder)))
    monkeypatch.setattr(backend, "_read", {})  # as in another process
    third = pickle.loads(task)()  # noqa: S301
    assert len(nothing_read) == 1
    for environment in (third, first, second):  # none moves another
        assert np.array_equal(steps(environment), expected, equal_nan=True)
    first.close()
    assert np.array_equal(steps(second), expected, equal_nan=True)
    simulated = second.reset().simulate(second.action_space())[0]
    assert np.isfinite(simulated.rho).all()
    second.close()
    third.close()


def test_a_changed_file_is_read(tmp_path: Path, nothing_read: list[str]) -> None:
    folder = shutil.copytree(BUNDLED / "rte_case14_realistic", tmp_path / "rte_case14_realistic")
    opened(folder).close()
    opened(folder).close()
    assert len(nothing_read) == 1
    with (folder / "grid.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    opened(folder).close()
    assert len(nothing_read) == 2


def test_other_settings_of_the_same_file_are_read(nothing_read: list[str]) -> None:
    opened("rte_case14_realistic").close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        three = grid2op.make(
            "rte_case14_realistic", test=True, backend=LightSimBackendOfReadGrids(), n_busbar=3
        )
    assert len(nothing_read) == 2
    assert type(three.backend).n_busbar_per_sub == 3
    three.close()


def test_what_a_failure_leaves_does_no_harm(
    nothing_read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(LightSimBackendOfReadGrids, "load_storage_data", None)
        with pytest.raises(TypeError):
            opened("rte_case14_realistic")
    played = []
    for _ in range(3):
        environment = opened("rte_case14_realistic")
        played.append(steps(environment))
        environment.close()
    assert len(nothing_read) == 2  # the failed one, and that after it
    assert all(np.array_equal(observations, played[0], equal_nan=True) for observations in played)


def test_generated_classes_have_the_names_that_grid2op_gives_them() -> None:
    """A submission's pickle names the class of its spaces, which were made with plain grid2op."""
    names = []
    for kind in (LightSimBackend, LightSimBackendOfReadGrids, LightSimBackend):
        environment = opened("rte_case14_realistic", kind)
        names.append(type(environment.action_space()).__name__)
        assert np.isfinite(steps(environment)).any()
        environment.close()
    assert len(set(names)) == 1
    assert names[0].endswith("LightSimBackend")
