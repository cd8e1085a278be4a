from __future__ import annotations

from pathlib import Path

from powrl.submission.server import (
    required_packages,
    server_folders,
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
