"""The benchmark of decisions times batches of which most have no solution."""

from pathlib import Path

from benchmarks.decisions import measure_batches


def test_batches():
    own = Path(__file__).parents[2]
    seconds = measure_batches(own, "l2rpn_case14_sandbox", candidates=20, repeats=1)
    assert set(seconds) == {"stressed", "diverging"}
    assert all(len(times) == 1 for times in seconds.values())
    assert min(map(min, seconds.values())) > 0
