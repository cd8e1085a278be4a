"""Dependencies point one way, and what a submission runs needs numpy, scipy and grid2op alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import powrl
from benchmarks.architecture import imports_of

PACKAGE = Path(powrl.__file__).parent
TESTS = Path(__file__).parent
GROUND = {"errors", "player"}
MAY_IMPORT = {
    "player": set(),
    "errors": {"player"},
    "storage": GROUND,
    "environments": GROUND,
    "grid_map": {"player"},
    "editions": GROUND,
    "workspace": GROUND | {"storage"},
    "parallel": GROUND | {"storage", "workspace"},
    "configuration": GROUND | {"storage", "environments", "workspace", "engines", "parallel"},
    "engines": GROUND | {"environments"},
    "data": GROUND | {"storage", "environments", "workspace"},
    "reduction": GROUND
    | {"storage", "environments", "workspace", "configuration", "engines", "parallel"},
    "postures": GROUND
    | {"storage", "environments", "workspace", "configuration", "engines", "parallel"},
    "learning": GROUND
    | {
        *("storage", "environments", "workspace", "configuration", "engines", "parallel"),
        *("reduction", "grid_map"),
    },
    "submission": GROUND | {"storage", "environments", "editions", "workspace"},
    "scoring": GROUND
    | {
        *("storage", "environments", "editions", "workspace", "engines", "parallel"),
        *("submission", "grid_map"),
    },
    "testing": GROUND
    | {
        *("storage", "environments", "editions", "workspace", "engines", "reduction"),
        *("submission", "scoring"),
    },
}
PLAYER = {
    "errors": set(),
    "files": {"errors"},
    "array_file": {"errors", "files"},
    "json_text": {"errors"},
    "plugins": {"errors"},
    "grid2op_internals": set(),
    "grid": {"errors", "files", "grid2op_internals"},
    "policy": {"errors", "files", "array_file", "grid", "plugins"},
    "actions": {"errors", "files", "json_text", "grid", "grid2op_internals"},
    "lookahead": {"errors", "grid", "actions", "grid2op_internals"},
    "rules": {"errors", "plugins", "grid", "actions", "lookahead"},
    "agent_folder": {"errors", "files", "json_text", "plugins", "policy", "rules"},
    "agent": {
        "errors",
        "plugins",
        "grid",
        "lookahead",
        "actions",
        "rules",
        "policy",
        "agent_folder",
    },
}
"""The rooms of the player, which travels in a submission as a whole."""
TRAINING = {"torch", "stable_baselines3", "sb3_contrib", "tensorboard"}


def imported_rooms(path: Path, house: Path) -> set[str]:
    """Rooms (or modules at the top) of a house that a module imports, wherever in it."""
    parts = path.relative_to(house).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            absolute = not node.level and (node.module or "").startswith("powrl")
            assert not absolute, f"{path}: import relatively"
            assert node.level <= len(parts) or house == PACKAGE, f"{path} leaves the player"
    return imports_of(path, house) - {"__version__"}


def absolute_imports(path: Path) -> set[str]:
    """Top-level packages that a module imports by their names, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return names


def modules(house: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in house.rglob("*.py") if "shipped_files" not in path.parts)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_dependencies_point_one_way(path):
    room = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if room in MAY_IMPORT:
        assert imported_rooms(path, PACKAGE) <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", modules(PACKAGE / "player"), ids=lambda path: path.stem)
def test_dependencies_of_the_player_point_one_way(path):
    room = path.relative_to(PACKAGE / "player").with_suffix("").parts[0]
    if room != "__init__":
        assert imported_rooms(path, PACKAGE / "player") <= PLAYER[room]


def test_every_room_has_its_place_in_the_order():
    rooms = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()}
    assert rooms - set(MAY_IMPORT) == {"__init__", "__main__", "cli"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_learning_knows_torch(path):
    if path.relative_to(PACKAGE).parts[0] != "learning":
        assert not absolute_imports(path) & TRAINING


def test_the_commands_load_no_training_library():
    """All that `score`, `package`, `check` and a submission import, in a fresh process."""
    lines = [
        "import sys, pkgutil, importlib, powrl.cli.main, powrl.player.agent",
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


def rooms() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


def test_there_are_few_rooms_and_no_loose_modules():
    assert len([room for room in rooms() if room.parent == PACKAGE]) <= 21
    assert len(rooms()) <= 30
    loose = {path.stem for path in PACKAGE.glob("*.py")}
    assert loose == {"__init__", "__main__", "errors"}


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(PACKAGE)))
def test_every_room_tells_its_files(room):
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    untold = [
        path.stem
        for path in room.glob("*.py")
        if path.stem != "__init__" and f"``{path.stem}``" not in docstring
    ]
    assert not untold


def test_files_and_functions_are_small():
    lines = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in modules())
    assert lines[len(lines) // 2] < 110
    large = [
        f"{path}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_large(node)
    ]
    assert not large


def is_large(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function has more than 60 lines, its docstring among them.

    A public function may have a longer docstring where its body is short, and a command of the
    command line has two lines for each of its options.
    """
    statements = node.body[int(ast.get_docstring(node) is not None and len(node.body) > 1) :]
    lines, lines_of_body = (node.end_lineno - first.lineno + 1 for first in (node, statements[0]))
    if node.name == "command":
        return lines > 70
    return lines > 60 and (node.name.startswith("_") or lines_of_body > 20)


def test_oracles_need_no_benchmark():
    """Benchmarks and tests use the oracles, which import powrl alone."""
    for path in (TESTS / "oracle").glob("*.py"):
        assert not absolute_imports(path) & {"benchmarks"}


def test_only_their_own_tests_import_benchmarks():
    for path in TESTS.rglob("*.py"):
        if path.parent != TESTS / "benchmarks" and path != Path(__file__):
            assert not absolute_imports(path) & {"benchmarks"}, path
