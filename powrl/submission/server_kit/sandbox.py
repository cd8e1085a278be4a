"""The limits of the process: its imports, files, memory and signals."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import resource

_OPEN_FILES = "/proc/self/fd"  # where the system has it
_OWN_OUTPUT = ("/dev/stdout", "/dev/stderr")
_OF_NAMES = ("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
    "shutil.rmtree": ((0, None),),
}
"""Events that change the file system -> of each path that changes, which argument it is, and which
the number of the open folder that it is relative to."""


class NotOnServerError(ModuleNotFoundError):
    """The submission imports what the server does not have."""


class WritesOutsideError(PermissionError):
    """The submission would write where a server may not let it."""


class SignalsOthersError(PermissionError):
    """The submission would signal a process that is not its own."""


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or lies below it."""
    return folder == path or folder in path.parents


class ServerImports(MetaPathFinder):
    """Refuses every module but those of the standard library, the server and the submission.

    Parameters
    ----------
    allowed:
        Top-level modules of the server's packages.
    root:
        The folder of the unpacked zip.
    """

    def __init__(self, allowed: Sequence[str], root: Path) -> None:
        # Python 3.8 and 3.9 do not know all of them by name; those are found in their folders
        standard_names = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
        self._allowed = {*allowed, *standard_names}
        self._root = root.resolve()
        standard = Path(os.__file__).parent
        self._standard = [str(standard), str(standard / "lib-dynload")]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Nothing where the import goes on as usual; the submission's own module; else an error."""
        if path is not None or fullname in self._allowed:
            return None  # a module inside a package that was let in, or one that the server has
        own = [entry for entry in sys.path if is_inside(Path(entry).resolve(), self._root)]
        # sys.stdlib_module_names lacks a few, such as _sysconfigdata__linux_x86_64-linux-gnu
        spec = PathFinder.find_spec(fullname, [*own, *self._standard], target)
        if spec is None:
            raise NotOnServerError(f"No module named {fullname!r} on the server", name=fullname)
        return spec


class Guard:
    """An audit hook (``sys.addaudithook``) that lets Python write in a few folders alone.

    It refuses signals to processes that this one did not start, such as its supervisor.

    Parameters
    ----------
    folders:
        Python may write what lies below them.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises `WritesOutsideError` or `SignalsOthersError` before it is done."""
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING:
                self._require_inside(path, -1)
        elif event == "sqlite3.connect":
            if arguments[0] not in ("", b"", ":memory:", b":memory:"):
                self._require_inside(arguments[0], -1)
        elif event == "socket.bind":
            if isinstance(arguments[1], (str, bytes)) and os.fsencode(arguments[1])[:1] != b"\0":
                self._require_inside(arguments[1], -1)  # the path of a Unix socket
        elif event == "os.kill":
            _require_own(*arguments)
        elif event == "os.killpg":
            _require_own(-arguments[0], arguments[1])
        else:
            for path, folder in _CHANGES.get(event, ()):
                where = arguments[folder] if folder else -1
                self._require_inside(arguments[path], where, event in _OF_NAMES)

    def _require_inside(self, path: Any, folder: int | None, name_itself: bool = False) -> None:
        """Refuse a path outside.

        Parameters
        ----------
        folder:
            Number of an open folder that the path is relative to; or -1, None.
        name_itself:
            Whether it is not what a symbolic link leads to, but the link.
        """
        if isinstance(path, int) or path in _OWN_OUTPUT:  # a file that is open already
            return
        base = Path() if folder in (-1, None) else Path(_OPEN_FILES, str(folder))
        if not base.exists():  # this system does not tell which folder it is
            return
        location = base / os.fsdecode(path)
        target = os.path.realpath(location)
        if name_itself:
            target = str(Path(os.path.realpath(location.parent), location.name))
        if target != os.devnull and not self.allows(Path(target)):
            raise WritesOutsideError(target)

    def allows(self, target: Path) -> bool:
        """Whether Python may write a path."""
        return any(is_inside(target, Path(allowed)) for allowed in self._folders)


def _require_own(process: int, number: int) -> None:
    """Refuse to signal a process, or a group (< 0), of another session that was not started here.

    A group outlives the process that began it, so that its members are asked.
    """
    if number == 0:  # asks whether it is there
        return
    if process == -1:
        raise SignalsOthersError(process)
    for member in [process] if process >= 0 else [-process, *_members(-process)]:
        with suppress(ProcessLookupError):
            if os.getsid(member) != os.getsid(0) and not is_descendant(member):
                raise SignalsOthersError(process)


def _members(group: int) -> list[int]:
    """The processes of a group (where ``/proc`` is)."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getpgid(int(folder.name)) == group:
                members.append(int(folder.name))
    return members


def is_descendant(process: int) -> bool:
    """Whether this process has started another one, or who has started it (where ``/proc`` is)."""
    while process > 1 and process != os.getpid():
        try:
            status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return False
        after_name = status.rpartition(")")[2].split()
        if len(after_name) < 2:  # it has ended meanwhile
            return False
        process = int(after_name[1])
    return process == os.getpid()


def limit(resource_kind: int, n_bytes: int) -> None:
    """From here on more is an error; `resource_kind` is a limit of the module `resource`."""
    _, hard_limit = resource.getrlimit(resource_kind)
    allowed = n_bytes if hard_limit == resource.RLIM_INFINITY else min(n_bytes, hard_limit)
    resource.setrlimit(resource_kind, (allowed, hard_limit))


def confine(job: Mapping[str, Any]) -> None:
    """Put this process under the limits of a job, for good."""
    limit(resource.RLIMIT_AS, job["memory"])
    limit(resource.RLIMIT_FSIZE, job["written"])  # the output is a file, too
    sys.meta_path.insert(0, ServerImports(job["modules"], Path(job["root"])))
    sys.addaudithook(Guard(job["writable"]))
