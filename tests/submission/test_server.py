from __future__ import annotations

from pathlib import Path

import pytest

from powrl.editions import stacks
from powrl.editions.editions import EDITIONS
from powrl.editions.stacks import STACKS, Stack, stacks_with
from powrl.submission.server import (
    required_packages,
    server_folders,
    server_here,
    server_in,
    server_modules,
)


def test_the_server_has_grid2op_lightsim2grid_and_what_they_need() -> None:
    assert {"grid2op", "lightsim2grid", "numpy", "scipy", "pandas"} <= set(server_modules())


def test_the_server_has_nothing_else() -> None:
    lacks = {
        "powrl",
        "torch",
        "stable_baselines3",
        "gymnasium",
        "yaml",
        "joblib",
        "typer",
        "pytest",
    }
    assert not lacks & set(server_modules())


def test_a_server_has_what_its_edition_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack("3.10", (), ("PyYAML", "no-such-package==1.0"))
    monkeypatch.setitem(STACKS, "delft2023", stack)
    monkeypatch.setitem(stacks._MODULES, "PyYAML", "yaml")
    server = server_here(EDITIONS["delft2023"])
    assert "yaml" in server.modules
    assert server.absent == {"no_such_package": "no-such-package==1.0"}
    assert "no_such_package" in server_here().absent
    assert stacks_with(["yaml"]) == ["delft2023"]


def test_a_package_that_is_not_installed_is_left_out() -> None:
    assert required_packages(["no-such-package-here"]) == frozenset()


def test_optional_requirements_are_left_out() -> None:
    assert required_packages(["lightsim2grid"]) == {"lightsim2grid", "numpy"}


def test_the_folders_hold_the_packages() -> None:
    import numpy as np

    assert any(np.__file__.startswith(folder) for folder in server_folders())


def test_a_virtual_environment_has_all_that_lies_in_it(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.8" / "site-packages"
    for name in ("grid2op", "Grid2Op-1.6.3-py3.8.egg-info"):
        (packages / name).mkdir(parents=True)
    (packages / "six.py").touch()
    (packages / "lightsim2grid_cpp.cpython-38-x86_64-linux-gnu.so").touch()
    server = server_in(tmp_path)
    assert server.python == str(tmp_path / "bin" / "python")
    assert {"grid2op", "six", "lightsim2grid_cpp"} <= set(server.modules)
    assert not server.folders
