"""Running commands as a user does, but in this process."""

import sys
from collections.abc import Callable

import pytest

from powrl.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def powrl(monkeypatch, capsys, tmp_path) -> Run:
    """Run ``powrl`` in an empty folder: exit code, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["powrl", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            main()
        printed = capsys.readouterr()
        return int(ending.value.code or 0), printed.out, printed.err

    return run
