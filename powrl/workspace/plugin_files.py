"""The files of plug-ins: which there are, and copies of them for a run or an agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import ConfigurationError
from ..player.files import read_bytes, refusing_unwritable, write_bytes_whole
from ..player.plugins import plugin_file
from ..storage.imported_sources import imported_sources


def plugin_sources(references: Iterable[str], folders: Sequence[Path]) -> dict[str, bytes]:
    """Read the files of plug-ins, with those that they import relatively.

    A plug-in that lies in none of the folders is installed, and has no file here.

    Parameters
    ----------
    references:
        Plug-ins as ``module:name``.
    folders:
        Where they are searched, in order.

    Returns
    -------
    dict
        Path below the folder that a file lies in -> content.

    Raises
    ------
    ConfigurationError
        A file cannot be read, is no Python, or two of different folders have the same path.

    Examples
    --------
    >>> plugin_sources(["math:pi"], [])
    {}
    """
    files: dict[str, Path] = {}
    for reference in references:
        file = plugin_file(reference, folders)
        if file is None:
            continue
        root = next(folder for folder in folders if folder in file.parents)
        try:
            sources = imported_sources(file, root, relative_only=True)
        except (SyntaxError, OSError, ValueError) as error:
            raise ConfigurationError(
                f"the plug-in {reference} imports a file that cannot be read ({error})."
            ) from error
        for source in sources:
            name = source.relative_to(root).as_posix()
            if files.setdefault(name, source) != source:
                raise ConfigurationError(
                    f"the plug-ins need both {files[name]} and {source}; rename one of them."
                )
    return {name: read_bytes(file) for name, file in sorted(files.items())}


def write_sources(sources: Mapping[str, bytes], folder: Path) -> None:
    """Write what `plugin_sources` returned below a folder.

    Raises
    ------
    PowrlError
        The place cannot be written, or is full.
    """
    for name, content in sources.items():
        path = folder / name
        with refusing_unwritable(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_whole(path, content)
