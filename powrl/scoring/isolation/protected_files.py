"""Files that foreign code may not write, and signals that it may not send."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...submission.server_kit.sandbox import (
    Guard,
    SignalsOthersError,
    WritesOutsideError,
    is_inside,
)


class ProtectedFiles(Guard):
    """An audit hook (``sys.addaudithook``) that keeps Python code from files of others.

    Parameters
    ----------
    protected:
        Files and folders that it may not write.
    own:
        A folder, inside of one of them perhaps, that it may.

    Attributes
    ----------
    refusals:
        What was tried, in words.
    """

    def __init__(self, protected: Iterable[Path], own: Path) -> None:
        super().__init__([str(own)])
        self._protected = [Path(os.path.realpath(path)) for path in protected]
        self.refusals: list[str] = []

    def allows(self, target: Path) -> bool:
        """Whether Python may write a path."""
        return super().allows(target) or not any(
            is_inside(target, path) for path in self._protected
        )

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises `PermissionError` before it is done."""
        try:
            super().__call__(event, arguments)
        except WritesOutsideError as error:
            self._refuse(f"may not write {error}", Path(str(error)).name)
        except SignalsOthersError as error:
            self._refuse(f"may not signal the process {error}", f"process {error}")

    def _refuse(self, sentence: str, subject: str) -> None:
        self.refusals.append(subject)
        raise PermissionError(f"an agent {sentence}") from None


_hooks: list[ProtectedFiles] = []


def protect(protected: Iterable[Path], own: Path) -> None:
    """Protect files in this process, for good."""
    _hooks.append(ProtectedFiles(protected, own))
    sys.addaudithook(_hooks[-1])


def refusals() -> list[str]:
    """What foreign code of this process has tried, in words."""
    return [refusal for hook in _hooks for refusal in hook.refusals]
