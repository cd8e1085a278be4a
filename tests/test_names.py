"""Names are nouns and verbs of the field: no pronouns, participles and the like."""

import ast
from pathlib import Path

import pytest

import powrl

PACKAGE = Path(powrl.__file__).parent
CLONE = Path(__file__).resolve().parents[1]
BANNED = {
    *("each", "of", "what", "who", "which", "it", "them", "their", "its", "mine", "theirs"),
    *("told", "given", "found", "kept", "wanted", "asked", "sought", "named", "known", "made"),
    *("some", "many", "few", "most", "every", "here", "there", "left", "tried"),
}
BANNED_AS_WRITTEN = {"done_"}
"""Names whose underscores belong to what is banned."""

EXCEPTIONS = {("learning_sections.py", "tried")}
"""(file, name): keys of a configuration, which users have written into their files."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "shipped_files" not in path.parts)
CLONED = sorted(
    path
    for folder in ("tests", "benchmarks", "documentation", "examples")
    for path in (CLONE / folder).rglob("*.py")
)
MAX_ANY = 0.02


def names_of(node: ast.AST) -> list[str]:
    """Names that a node assigns or defines."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    return []


@pytest.mark.parametrize("path", [*MODULES, *CLONED], ids=lambda path: "/".join(path.parts[-3:]))
def test_no_name_is_a_pronoun_or_a_participle(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    banned = [
        f"{path}:{node.lineno}: {name}"
        for node in ast.walk(tree)
        for name in names_of(node)
        if name.strip("_").lower() in BANNED or name in BANNED_AS_WRITTEN
        if (path.name, name) not in EXCEPTIONS
    ]
    assert not banned


def test_hardly_any_parameter_is_typed_any():
    parameters = [
        ast.unparse(argument.annotation)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if argument.annotation is not None
    ]
    untyped = [annotation for annotation in parameters if annotation in ("Any", "Any | None")]
    assert len(untyped) < MAX_ANY * len(parameters)
