"""The names that an environment can have: those of a folder, and no paths."""

from __future__ import annotations

NEEDS_NAME = "needs the name of an environment, and no path; its folder is given as --data"

_MAX_BYTES = 255


def is_environment_name(name: object) -> bool:
    """Whether a text can name an environment.

    Examples
    --------
    >>> is_environment_name("l2rpn_case14_sandbox"), is_environment_name("../elsewhere")
    (True, False)
    """
    return (
        isinstance(name, str)
        and name.isprintable()
        and name.strip(" .-") != ""
        and not set(name) & {"/", "\\"}
        and len(name.encode()) <= _MAX_BYTES
    )
