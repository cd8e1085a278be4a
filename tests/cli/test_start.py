"""Help and refusals come at once: nothing heavy is imported for them."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "grid2op",
    "lightsim2grid",
    "matplotlib",
    "numba",
    "pandapower",
    "pandas",
    "ray",
    "scipy",
    "torch",
}
COMMANDS = ("score", "replay", "train", "reduce", "package", "check", "envs", "cache")
REFUSED = (
    ["--nothing"],
    ["nothing"],
    ["score", "--nothing"],
    ["score", "nothing"],
    ["score", "nothing.zip"],
    ["score", "--resume", "nothing"],
    ["score", "--data", "nothing"],
    ["score", "--scenarios", "("],
    ["score", "--seeds-file", "nothing.json"],
    ["score", "rte_case14_realistic/powrl[plan=3]"],
    ["train", "nothing.yaml"],
    ["train", "case14", "--data", "nothing"],
    ["train", "case14", "--set", "training.seed=one"],
    ["train", "case14", "--set", "overload.nothing=1"],
    ["train", "--resume", "nothing"],
    ["reduce", "nothing.yaml"],
    ["reduce", "rte_case14_realistic", "--data", "nothing"],
    ["reduce", "rte_case14_realistic", "--states", "0"],
    ["reduce", "--resume", "nothing"],
    ["package", "nothing"],
    ["check", "nothing.zip"],
    ["replay", "nothing", "000"],
)
PROGRAM = f"""
import json, sys
from powrl.cli.main import main
results = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["powrl", *arguments]
    before = set(sys.modules)
    try:
        code = 0
        main()
    except SystemExit as end:
        code = end.code
    new = sorted({HEAVY} & (set(sys.modules) - before))
    results.append((arguments, code, new))
print(json.dumps(results))
"""


def results_of(calls, folder):
    """Each command line with its exit code and the heavy modules that it imports, and the errors.

    All in one new process, in which what one has imported another cannot import again.
    """
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(calls)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout.splitlines()[-1]), process.stderr


def test_help_imports_nothing_heavy(tmp_path):
    calls = [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
    results, errors = results_of(calls, tmp_path)
    assert results == [[call, 0, []] for call in calls]
    assert not errors


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    return results_of(REFUSED, tmp_path_factory.mktemp("elsewhere"))


@pytest.mark.parametrize(
    "number", range(len(REFUSED)), ids=lambda number: " ".join(REFUSED[number])
)
def test_a_refusal_imports_nothing_heavy(refusals, number):
    assert refusals[0][number] == [REFUSED[number], 2, []]


def test_refusals_are_all_that_is_printed(refusals):
    assert "Warning" not in refusals[1]
