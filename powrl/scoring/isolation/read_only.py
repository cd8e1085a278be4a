"""Folders and files that are read-only for a process and all that it starts (Linux).

A mount namespace of its own, where the system allows one: what Python does not tell its audit hooks
of, such as another program or compiled code, cannot write there either.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 1 << 5, 1 << 12, 1 << 14, 1 << 18
_MOUNT_FLAGS = ((2, 2), (4, 4), (8, 8), (1024, 1024), (2048, 2048), (4096, 1 << 21))
"""Flags of ``statvfs`` and of ``mount``, of a mount that has to keep them: nosuid to relatime."""


def make_read_only(paths: Iterable[Path], own: Path) -> None:
    """Make what exists of `paths` read-only, but for `own`, for this process and its descendants.

    The working folder has to be entered afterwards.

    Raises
    ------
    OSError
        The system does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _enter_namespace(libc)
    _call(libc.mount, None, b"/", None, _RECURSIVE | _PRIVATE, None)
    folders = sorted({path.resolve() for path in paths if path.exists()})
    for path in folders:
        name = os.fsencode(path)
        _call(libc.mount, name, name, None, _BIND, None)
        _call(libc.mount, None, name, None, _remounted(path) | _READ_ONLY, None)
    if any(path in own.resolve().parents for path in folders):
        name = os.fsencode(own.resolve())
        _call(libc.mount, name, name, None, _BIND, None)
        _call(libc.mount, None, name, None, _remounted(own) & ~_READ_ONLY, None)


@cache
def is_possible() -> bool:
    """Whether `make_read_only` works here; tried in a process that ends at once."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as folder:
        process = os.fork()
        if not process:
            code = 1
            with suppress(OSError):
                own = Path(folder, "own")
                own.mkdir()
                make_read_only([Path(folder)], own)
                (own / "file").touch()
                code = int(os.access(folder, os.W_OK))
            os._exit(code)
        return os.waitpid(process, 0)[1] == 0


def _enter_namespace(libc: ctypes.CDLL) -> None:
    """Enter a namespace of mounts; who has no right to it has it in a namespace of users."""
    with suppress(OSError):
        _call(libc.unshare, _NEW_MOUNTS)
        return
    user, group = os.geteuid(), os.getegid()
    _call(libc.unshare, _NEW_MOUNTS | _NEW_USER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def _remounted(path: Path) -> int:
    flags = os.statvfs(path).f_flag
    return _BIND | _REMOUNT | sum(mounted for shown, mounted in _MOUNT_FLAGS if flags & shown)


def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> None:
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
