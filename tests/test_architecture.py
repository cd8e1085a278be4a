"""Dependencies point one way, and what a submission runs needs numpy, scipy and grid2op alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import powrl

PACKAGE = Path(powrl.__file__).parent
BASE = {"array_file", "errors", "files"}
RUNTIME = {"grid", "simulation", "actions", "policy", "overload", "agent"}
MAY_IMPORT = {
    "errors": set(),
    "files": {"errors"},
    "array_file": {"errors", "files"},
    "shipped": {"errors"},
    "runs": BASE,
    "cache": {"errors"},
    "temporary": set(),
    "html_page": set(),
    "imports": set(),
    "editions": {"errors"},
    "record_file": {"errors", "files"},
    "yaml_file": {"errors"},
    "pydantic_errors": {"errors", "overload"},
    "grid": BASE,
    "policy": BASE,
    "simulation": BASE | {"grid"},
    "actions": BASE | {"grid"},
    "overload": BASE | {"grid", "simulation", "actions"},
    "stepping": BASE | {"grid", "simulation"},
    "agent": BASE | RUNTIME,
    "configuration": BASE
    | {"shipped", "yaml_file", "pydantic_errors", "grid", "overload", "policy"},
    "reduction": BASE
    | {"html_page", "yaml_file", "pydantic_errors"}
    | {"grid", "simulation", "actions", "overload", "stepping"},
    "learning": BASE | RUNTIME | {"configuration", "runs", "stepping"},
    "scoring": BASE
    | RUNTIME
    | {"cache", "html_page", "imports", "runs", "shipped", "editions", "stepping", "submission"}
    | {"temporary"},
    "submission": BASE | RUNTIME | {"cache", "editions", "imports", "temporary"},
}
TRAINING = {"torch", "stable_baselines3", "sb3_contrib", "tensorboard"}


def imported_rooms(path: Path) -> set[str]:
    """Rooms (or modules at the top) of powrl that a module imports, wherever in it."""
    here = path.relative_to(PACKAGE).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            parent = here[: len(here) - node.level] if node.level else None
            if parent is None:
                assert not (node.module or "").startswith("powrl"), f"{path}: import relatively"
                continue
            target = (*parent, *(node.module or "").split("."))
            names = [target[0]] if target[0] else [alias.name for alias in node.names]
            found.update(names)
    return found - {here[0], "__version__"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "shipped_files" not in path.parts)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_dependencies_point_one_way(path):
    room = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if room in MAY_IMPORT:
        assert imported_rooms(path) <= MAY_IMPORT[room]


def test_every_room_has_its_place_in_the_order():
    rooms = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()}
    assert rooms - set(MAY_IMPORT) == {"__init__", "__main__", "cli"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_learning_knows_torch(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    if path.parent.name != "learning":
        assert not names & TRAINING


def test_the_commands_load_no_training_library():
    """All that `score`, `package`, `check` and a submission import, in a fresh process."""
    lines = [
        "import sys, pkgutil, importlib, powrl.cli.main, powrl.agent",
        "import powrl.scoring, powrl.submission",
        "for room in (powrl.scoring, powrl.submission):",
        "    for module in pkgutil.iter_modules(room.__path__, room.__name__ + '.'):",
        "        importlib.import_module(module.name)",
        f"sys.exit(str({TRAINING} & set(sys.modules)) if {TRAINING} & set(sys.modules) else 0)",
    ]
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
