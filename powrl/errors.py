"""The errors that powrl raises for what a user can mend, and the one of a user who stops it."""

from .player.errors import (
    ConfigurationError,
    GridMismatchError,
    NotSupportedError,
    PowrlError,
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
    "shown",
    "unknown_key",
    "wrong_value",
]


class StoppedError(BaseException):
    """The user stops powrl; code that runs meanwhile has not failed."""
