from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from powrl.submission.runtime import vendored_sources

ANYWHERE = {"numpy", "scipy", "grid2op", *sys.stdlib_module_names}
INSIDE_FUNCTIONS = {"lightsim2grid"}
SOURCES = vendored_sources()


def imports(tree: ast.AST, in_function: bool = False) -> Iterator[tuple[ast.stmt, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, in_function
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from imports(node, in_function or is_function)


def modules(node: ast.stmt, file: str) -> list[str]:
    """Top-level modules that an import needs; paths of vendored modules for a relative one."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    if not node.level:
        return [str(node.module).partition(".")[0]]
    folder = Path(file).parents[node.level - 1]
    if node.module:
        return [(folder / node.module.replace(".", "/")).as_posix()]
    return [(folder / alias.name).as_posix() for alias in node.names]


@pytest.mark.parametrize("file", SOURCES)
def test_vendored_code_imports_only_what_a_server_has_and_itself(file: str) -> None:
    tree = ast.parse(SOURCES[file].read_text(encoding="utf-8"))
    vendored = {name.removesuffix(".py") for name in SOURCES}
    vendored |= {name.removesuffix("/__init__") for name in vendored}
    for node, in_function in imports(tree):
        allowed = ANYWHERE | vendored | (INSIDE_FUNCTIONS if in_function else set())
        if isinstance(node, ast.ImportFrom) and node.level and not node.module:
            allowed |= {f"{alias.name}" for alias in node.names if alias.name == "__version__"}
        assert set(modules(node, file)) <= allowed, f"{file}, line {node.lineno}"


@pytest.mark.parametrize("file", SOURCES)
def test_vendored_code_calls_nothing_that_python_3_8_lacks(file: str) -> None:
    """What vermin cannot see, since it does not know what is a string."""
    tree = ast.parse(SOURCES[file].read_text(encoding="utf-8"))
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"removeprefix", "removesuffix"}


def test_the_agent_and_all_its_rooms_are_vendored() -> None:
    needed = {"agent.py", "policy/network.py", "rules/manager.py"}
    assert needed <= set(SOURCES)
    assert not any(name.startswith(("cli", "learning", "submission")) for name in SOURCES)
