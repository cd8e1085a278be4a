"""The errors that powrl raises for what a user can mend."""

from .player.errors import PowrlError, unknown_key

__all__ = ["PowrlError", "unknown_key"]
