"""The grid of an environment folder, as a submission's ``make_agent`` is given it."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from ..errors import PowrlError


def open_grid_template(folder: str) -> AbstractContextManager[Any]:
    """Open an environment folder on lightsim2grid, without time series and opponent.

    It is closed with the context.

    Raises
    ------
    PowrlError
        The folder is no environment folder, or grid2op cannot open it.
    """
    if not Path(folder, "config.py").is_file():  # grid2op would look for a download
        raise PowrlError(f"there is no folder {folder} with the environment's config.py.")
    import grid2op
    from grid2op.Chronics import ChangeNothing
    from grid2op.Opponent import get_kwargs_no_opponent
    from lightsim2grid import LightSimBackend

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # grid2op warns of its own defaults on every `make`
            return closing(
                grid2op.make(
                    folder,
                    backend=LightSimBackend(),
                    chronics_class=ChangeNothing,
                    **get_kwargs_no_opponent(),
                )
            )
    except Exception as error:
        raise PowrlError(
            f"grid2op cannot open the environment folder {folder} ({error})."
        ) from error
