"""What is distributed: the wheel has what is needed and no more, in one version."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import powrl
from powrl.workspace.shipped import shipped_agents, shipped_configurations

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "powrl"
MAX_WHEEL = 4_000_000
MAX_FILE = 1_000_000
MODULES = {"pillow": "PIL", "pyyaml": "yaml", "stable-baselines3": "stable_baselines3"}
"""Distribution -> its module, where that has another name."""

BROUGHT = {"torch": "train", "sqlalchemy": "tune", "chronix2grid": "none", "typing_extensions": ""}
"""Module -> the extra that brings it along, or none: a tool of its own that a user installs."""

NOT_IMPORTED = {"psutil", "tensorboard"}
"""joblib imports the first, writers of stable-baselines3 the second."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(ROOT))
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = builder.build(directory=str(folder), versions=["standard"])
    return Path(path)


def test_the_wheel_has_the_package_its_agents_and_configurations(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in shipped_agents():
        assert f"powrl/shipped_files/agents/{name}/agent.json" in names
    for name in shipped_configurations():
        assert f"powrl/shipped_files/configs/{name}.yaml" in names
    assert {"powrl/py.typed", "powrl/shipped_files/agents/index.json"} <= names
    sources = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    assert sources <= names


def test_the_wheel_has_nothing_that_nobody_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.infolist()
    tops = {entry.filename.split("/")[0] for entry in entries}
    assert tops == {"powrl", f"powrl-{powrl.__version__}.dist-info"}
    for entry in entries:
        assert not re.search(r"test_|__pycache__|\.(pyc|png|gif|ipynb|log)$", entry.filename)
        assert entry.file_size <= MAX_FILE, entry.filename
    assert wheel.stat().st_size <= MAX_WHEEL


def test_an_index_would_take_the_wheel(wheel):
    pytest.importorskip("twine")
    ended = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_one_version_stands_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {powrl.__version__}\n" in citation
    assert f"\n## [{powrl.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def declared() -> dict[str, set[str]]:
    """Modules of the dependencies, and of each extra."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {_module_of(requirement) for requirement in requirements}
        for extra, requirements in lists.items()
    }


def _module_of(requirement: str) -> str:
    name = re.split(r"[\s<>=\[;!~]", requirement, maxsplit=1)[0].lower()
    return MODULES.get(name, name.replace("-", "_"))


def imported() -> set[str]:
    """Top-level modules of other packages that powrl imports, wherever."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"powrl", "server_kit"}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    modules, used = declared(), imported()
    needed = modules[""] | modules["train"] | modules["tune"] | modules["ray"]
    needed -= {"powrl"}  # an extra that another one brings
    assert used <= needed | BROUGHT.keys()
    assert needed <= used | NOT_IMPORTED
