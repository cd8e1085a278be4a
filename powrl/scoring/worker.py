"""A process that plays episodes."""

from __future__ import annotations

import gc
import multiprocessing
import warnings

from ..workspace.processes import end_with_parent


def start_worker() -> None:
    """Make a new process ready.

    What it imports stays: to search it for garbage again and again takes a fifth of the time of all
    that is played.
    """
    end_with_parent()
    # each worker imports grid2op anew, which warns of what the user has been warned of once
    warnings.simplefilter("ignore")
    # an agent's processes are those of Python, not of who started this one
    multiprocessing.set_start_method(None, force=True)
    gc.disable()
    from . import official  # noqa: F401

    gc.freeze()
    gc.enable()
