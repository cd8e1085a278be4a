"""The rows of the comparison of the episode stepper with grid2op."""

from pathlib import Path

import pytest

from benchmarks import parity
from powrl.testing.comparison import Tally


def test_a_course_has_its_row_before_the_next_one_is_played(monkeypatch, capsys):
    shown = []

    def play(course, data, seed):  # noqa: ARG001
        shown.append(capsys.readouterr().out)
        return Tally(steps=1000, mismatches=["rho"] * (len(shown) - 1))

    monkeypatch.setattr(parity, "run_course", play)
    with pytest.raises(SystemExit) as end:
        parity.main(Path(), 0, 1, "rte_case14")
    assert end.value.code == 1
    assert shown[1].startswith("| rte_case14_realistic, limits x 0.7, random | 1,000 |")
    rest = capsys.readouterr().out.splitlines()
    assert rest[0].startswith("| rte_case14_realistic, limits x 0.85, greedy | 1,000 |")
    assert rest[1].startswith("| all | 2,000 |")
    assert rest[2:] == ["rho"]
