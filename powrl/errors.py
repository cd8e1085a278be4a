"""The errors that powrl raises for what a user can mend."""

from .player.errors import (
    ConfigurationError,
    GridMismatchError,
    NotSupportedError,
    PowrlError,
    shown,
    unknown_key,
)

__all__ = [
    "ConfigurationError",
    "GridMismatchError",
    "NotSupportedError",
    "PowrlError",
    "shown",
    "unknown_key",
]
