"""The kit runs where powrl is not installed, on old interpreters, too."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from powrl.submission import dry_run, server_kit
from tests.submission.test_runtime import imports

KIT = Path(server_kit.__file__).parent
SOURCES = sorted(KIT.glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_kit_imports_itself_and_the_standard_library(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node, in_function in imports(tree):
        allowed = {"grid2op", "lightsim2grid"} if in_function else set()
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1, f"{source}, line {node.lineno}"
            continue
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]  # type: ignore[attr-defined]
        )
        modules = {name.partition(".")[0] for name in names}
        assert modules <= allowed | set(sys.stdlib_module_names), f"{source}, line {node.lineno}"


@pytest.mark.parametrize("name", [sys.executable, "python3.8", "python3.9"])
def test_an_interpreter_without_grid2op_starts_the_kit(name: str, tmp_path: Path) -> None:
    python = shutil.which(name)
    if python is None or not runs(python):
        pytest.skip(f"there is no {name}")
    result = start(python, tmp_path, [])
    assert result["stage"] == "environment"
    assert result["failure"]["module"] == "grid2op"


def test_a_submission_finds_nothing_of_powrl(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    (tmp_path / "grid2op.py").write_text(
        "import sys\n"
        "raise RuntimeError([*filter(lambda text: 'powrl' in text, [*sys.path, *sys.modules])])\n",
        encoding="utf-8",
    )
    result = start(str(tmp_path / "bare" / "bin" / "python"), tmp_path, ["grid2op"])
    assert result["failure"]["error"] == "RuntimeError: []"


def runs(python: str) -> bool:
    """Whether an interpreter runs: a shim may stand for a Python that is not there."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def start(python: str, folder: Path, modules: list[str]) -> dict[str, Any]:
    """The result of a process of the kit, which finds modules in the folder."""
    job = {
        "root": str(folder),
        "writable": [str(folder)],
        "results": str(folder / "results.jsonl"),
        "environment": "rte_case5_example",
        "bundled": True,
        "timeout": 60.0,
        "memory": 16 * 10**9,
        "written": 10**9,
        "modules": modules,
        "others": [],
        "folders": [],
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    command = dry_run.kit_command(python, path)
    subprocess.run(command, check=True, cwd=folder)
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return dict(json.loads(lines[-1]))
