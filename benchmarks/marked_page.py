"""Pages of the documentation, a part of which is made from measurements."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from powrl.player.errors import PowrlError
from powrl.player.files import write_text_whole


@dataclass(frozen=True)
class MarkedPage:
    """A page with two lines that mark what is made anew.

    Attributes
    ----------
    path:
        Of the file.
    before, after:
        Its text up to the end of the first mark, and from the start of the second one.
    """

    path: Path
    before: str
    after: str

    @classmethod
    def read(cls, path: Path, start: str, end: str) -> MarkedPage:
        """Find the lines `start` and `end`.

        Raises
        ------
        PowrlError
            The page is missing or lacks its marks.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise PowrlError(
                f"cannot read {path} ({error.strerror}); give the folder docs/lab."
            ) from error
        before, found_start, rest = text.partition(start)
        _, found_end, after = rest.partition(end)
        if not found_start or not found_end:
            raise PowrlError(
                f"{path} needs the lines {start} and {end}, the tables go between them."
            )
        return cls(path, before + start, end + after)

    def write(self, body: str) -> None:
        """Write the page with `body` between its marks."""
        write_text_whole(self.path, f"{self.before}\n\n{body.strip()}\n\n{self.after}")
