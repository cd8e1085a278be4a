"""What the server is asked for, and what it replies: plain data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ...environments.opening import Scenarios

RESULT_FILE = "result.json"
"""File in the folder of a task: its result, or the error that ended it."""

OUTPUT_FILE = "output.txt"
"""File in the folder of a task: what it has printed."""

End = Literal["result", "exit", "decision", "episode", "killed"]


@dataclass(frozen=True)
class Limits:
    """Limits of time for code of any origin.

    Attributes
    ----------
    decision:
        Seconds that one call of an agent may take: a decision, a reset, or its making.
    episode:
        Seconds that an episode may take, from the start of its process to its score.
    """

    decision: float = 300.0
    episode: float = 43_200.0


@dataclass(frozen=True)
class Order:
    """A task as the server gets it.

    Attributes
    ----------
    number:
        By which the reply names it.
    call:
        A pickled tuple of a function and its arguments.
    folder:
        Folder of the task, for all that it writes.
    protected:
        Files and folders that the task may not write, but for its own folder.
    limits:
        Its limits of time.
    path, working_folder, variables:
        ``sys.path``, the working folder and the environment variables of whoever asks.
    """

    number: int
    call: bytes
    folder: Path
    protected: tuple[Path, ...]
    limits: Limits
    path: tuple[str, ...]
    working_folder: str
    variables: dict[str, str]


@dataclass(frozen=True)
class Warming:
    """An environment to open and close in the server, so that no task reads its grid again."""

    scenarios: Scenarios


@dataclass(frozen=True)
class Reply:
    """How the process of a task ended.

    Attributes
    ----------
    number:
        That of the order.
    end:
        ``"result"`` with a result; ``"exit"`` before it had one; ``"decision"`` or ``"episode"``
        for a limit of time; ``"killed"`` where its supervisor was ended.
    code:
        Its exit code, or the signal that ended it, negative.
    """

    number: int
    end: End
    code: int = 0

    def to_bytes(self) -> bytes:
        """The reply as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Reply:
        """What `to_bytes` gave."""
        return cls(**json.loads(text))
