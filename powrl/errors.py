"""The errors that powrl raises for what a user can mend, and the one of a user who stops it."""

from .player.errors import (
    ConfigurationError,
    GridMismatchError,
    NotSupportedError,
    PowrlError,
    count,
    of_another_version,
    shown,
    unknown_key,
    wrong_value,
)

__all__ = [
    "ConfigurationError",
    "GridMismatchError",
    "NotSupportedError",
    "PowrlError",
    "StoppedError",
    "count",
    "of_another_version",
    "shown",
    "unknown_key",
    "wrong_value",
]


class StoppedError(BaseException):
    """The user stops powrl; code that runs meanwhile has not failed."""
