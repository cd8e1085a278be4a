"""grid2op's own download of an environment with its scenarios."""

from __future__ import annotations

import warnings
from pathlib import Path

from ..environments.opening import downloadable_environments, installed_environments
from ..errors import PowrlError, shown
from ..player.errors import closest


def get_environment(name: str) -> Path:
    """Download an environment into grid2op's data folder, unless it is there.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    PowrlError
        grid2op offers none of this name, or the download fails.
    """
    import grid2op

    folder = Path(grid2op.get_current_local_dir()) / name
    if name in installed_environments():
        return folder
    names = downloadable_environments()
    if name not in names:
        close = closest(name, names)
        hint = f", did you mean {close!r}? It" if close else "; it"
        raise PowrlError(
            f"grid2op offers no download of {shown(name)}{hint} has {', '.join(names)}."
        )
    from grid2op.Download.DownloadDataset import main_download

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            main_download(name, str(folder.parent))
    except (Exception, SystemExit) as error:  # grid2op ends the process where the network does
        raise PowrlError(
            f"the download of {name} failed ({error}); check the network and the space of "
            f"{folder.parent}, and try again."
        ) from error
    return folder
