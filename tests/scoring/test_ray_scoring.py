"""``powrl score --backend ray`` on two nodes of one machine: one is killed; and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from powrl.scoring.results import EpisodeScore
from powrl.scoring.run import resume, score
from powrl.scoring.run_folder import RunFolder
from tests.agents import make_agent_folder

CASE14 = "rte_case14_realistic"
# as in a terminal: what is started in the background may ignore Ctrl-C
PROGRAM = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
PROGRAM += "from powrl.cli.main import main; main()"
LONGEST = 120
"""Seconds that a test waits for something, on a busy machine."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", CASE14))


@pytest.fixture(scope="module")
def expected(agent: str, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[object, ...]]:
    """Scores of one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    score(agent, scenarios="00[12]", seeds=1, max_steps=40, jobs=1, output=folder, untrained=False)
    return content(RunFolder(folder).episodes())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWRL_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # by default 15, slow on a busy machine
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.second = cluster.add_node(num_cpus=1)
        yield cluster
        cluster.shutdown()


def content(scores: list[EpisodeScore]) -> set[tuple[object, ...]]:
    """All of the scores but their order and times."""
    return {(s.agent, s.scenario, s.seed, s.score, s.steps, str(s.costs)) for s in scores}


def started(agent: str, cluster: Any, folder: Path) -> subprocess.Popen[str]:
    """``powrl score`` in a process and a group of its own, once the first score has come."""
    command = [sys.executable, "-c", PROGRAM, "score", agent, "--backend", "ray"]
    command += ["--address", cluster.address, "--scenarios", "00[12]", "--seeds", "1"]
    command += ["--max-steps", "40", "--no-untrained", "--output", str(folder)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: process.poll() is not None or bool(written(folder)))
    return process


def written(folder: Path) -> list[EpisodeScore]:
    return RunFolder(folder).episodes() if (folder / "episodes.jsonl").exists() else []


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_ends_the_tasks_and_the_run_goes_on_elsewhere(
    agent: str, cluster: Any, expected: set[tuple[object, ...]], tmp_path: Path
) -> None:
    process = started(agent, cluster, tmp_path / "run")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT)
    assert f"powrl: stopped; go on with: powrl score --resume {tmp_path / 'run'}" in errors
    assert len(written(tmp_path / "run")) < len(expected)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        total = ray.cluster_resources()["CPU"]
        wait_until(lambda: ray.available_resources().get("CPU", 0) == total)
    finally:
        ray.shutdown()
    resume(tmp_path / "run", jobs=1)
    assert content(written(tmp_path / "run")) == expected


def test_scores_are_equal_where_a_node_is_lost(
    agent: str, cluster: Any, expected: set[tuple[object, ...]], tmp_path: Path
) -> None:
    process = started(agent, cluster, tmp_path / "run")
    assert len(written(tmp_path / "run")) < len(expected)
    cluster.remove_node(cluster.second, allow_graceful=False)
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, errors
    assert content(written(tmp_path / "run")) == expected
