"""Parts of a user's own, named as ``module:name``: rules, features, rewards and more.

A plug-in is a name in a Python file beside the configuration, in the folder ``plugins`` of an
agent, or in any module that can be imported. Nothing has to be registered.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import PowrlError

PLUGIN_FOLDER = "plugins"
"""Folder of an agent or a run that holds the files of its plug-ins."""

PLUGIN_ERRORS = (Exception, SystemExit)
"""What the code of a plug-in may raise: whatever fails, and what would end powrl with no word."""

_PLAYER = "powrl.player"


@contextmanager
def plugin_called(subject: str) -> Iterator[None]:
    """Context of a call of a plug-in; whatever it raises is one sentence.

    Parameters
    ----------
    subject:
        Beginning of the sentence, as ``"the rule my_rules:Caution"``.

    Raises
    ------
    PowrlError
        The plug-in raises an error, or would end Python.
    """
    try:
        yield
    except PowrlError:
        raise
    except PLUGIN_ERRORS as error:
        raise PowrlError(f"{subject} raised {type(error).__name__}: {error}.") from error


def is_plugin(name: str) -> bool:
    """Whether a name is ``module:name``, and so no part of powrl."""
    return ":" in name


def load_plugin(reference: str, folders: Sequence[Path] = ()) -> Any:
    """The object that ``module:name`` refers to.

    Parameters
    ----------
    reference:
        ``module:name``; the module may have dots.
    folders:
        Searched first, in order. Files of one folder import each other relatively.

    Raises
    ------
    PowrlError
        The reference has another form; or the module is missing, raises an error as it is
        imported, or lacks the name.

    Examples
    --------
    >>> load_plugin("math:pi")
    3.141592653589793
    """
    module_name, _, name = reference.partition(":")
    if not name.isidentifier() or not all(map(str.isidentifier, module_name.split("."))):
        raise PowrlError(f"the plug-in {reference!r} needs the form module:name.")
    try:
        with _powrl_is_this_runtime():
            module = importlib.import_module(_place_of(module_name, folders))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module_name.split(".")[0]:
            raise PowrlError(
                f"the plug-in {reference} imports {error.name!r}, which is not installed."
            ) from error
        places = ", ".join(map(str, folders)) or "the path of Python"
        raise PowrlError(
            f"the plug-in {reference}: there is no module {module_name!r} in {places}."
        ) from error
    except PLUGIN_ERRORS as error:
        raise PowrlError(
            f"the plug-in {reference} cannot be imported: {type(error).__name__}: {error}."
        ) from error
    if not hasattr(module, name):
        raise PowrlError(f"the plug-in {reference}: the module has no {name!r}.")
    return getattr(module, name)


def plugin_file(reference: str, folders: Sequence[Path]) -> Path | None:
    """The file of a plug-in that lies in one of the folders, or None: it is installed elsewhere."""
    parts = reference.partition(":")[0].split(".")
    for folder in folders:
        for path in (folder.joinpath(*parts, "__init__.py"), folder.joinpath(*parts)):
            file = path if path.suffix == ".py" else path.with_name(f"{path.name}.py")
            if file.is_file():
                return file
    return None


def _place_of(module_name: str, folders: Sequence[Path]) -> str:
    """The name that a module is imported by: agents may have different files of one name."""
    file = plugin_file(module_name, folders)
    if file is None:
        return module_name
    folder = next(folder for folder in folders if folder in file.parents)
    package = f"powrl_plugins_{sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
    if package not in sys.modules:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(folder.resolve())]
    return f"{package}.{module_name}"


@contextmanager
def _powrl_is_this_runtime() -> Iterator[None]:
    """Let ``import powrl`` find the runtime that a submission carries, while a plug-in loads."""
    runtime = __package__
    if runtime == _PLAYER:
        yield
        return
    aliases = {
        _PLAYER + name[len(runtime) :]: module
        for name, module in sys.modules.items()
        if name == runtime or name.startswith(f"{runtime}.")
    }
    aliases["powrl"] = sys.modules[runtime]
    before = {name: sys.modules[name] for name in aliases if name in sys.modules}
    sys.modules.update(aliases)
    try:
        yield
    finally:
        for name in aliases:
            del sys.modules[name]
        sys.modules.update(before)
