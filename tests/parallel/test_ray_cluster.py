"""Tasks on a Ray cluster: two nodes on one machine, one of which is killed in the middle."""

import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import ray

from powrl.errors import PowrlError
from powrl.parallel.folders import Folder, relocated_path
from powrl.parallel.jobs import RayJobs
from powrl.parallel.run import results_of, run


@dataclass(frozen=True)
class Text:
    """A file that a task reads."""

    path: Path

    def relocated(self, places):
        return Text(relocated_path(self.path, places))


def read(text, meeting):
    """Content and place of a text, once both nodes have a task; and the node."""
    node = ray.get_runtime_context().get_node_id()
    (meeting / node).touch()
    while len(list(meeting.iterdir())) < 2:
        time.sleep(0.05)
    time.sleep(0.3)
    return text.path.read_text(), str(text.path), node


def refuse():
    raise PowrlError("no scenario is there.")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    from ray.cluster_utils import Cluster

    patch = pytest.MonkeyPatch()
    patch.setenv("POWRL_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_worker_niceness", "0")  # by default 15, slow on a busy machine
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.second = cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()
    patch.undo()


@pytest.fixture(scope="module")
def jobs(cluster):
    return RayJobs(address=cluster.address)


def test_an_error_of_a_task_is_raised_as_it_is(jobs):
    with pytest.raises(PowrlError, match=r"^no scenario is there\.$"):
        results_of([partial(refuse)], jobs)


def test_folders_travel_and_a_lost_node_costs_its_tasks_a_second_try(cluster, jobs, tmp_path):
    path = tmp_path / "data" / "text"
    path.parent.mkdir()
    path.write_text("all of it")
    (tmp_path / "meeting").mkdir()
    results = {}

    def keep(number, result):
        results[number] = result
        nodes = {node for _, _, node in results.values()}
        # the task that is running meanwhile is one of the other node
        if cluster.second and len(nodes) == 2 and result[2] == cluster.head_node.node_id:
            cluster.remove_node(cluster.second, allow_graceful=False)
            cluster.second = None

    tasks = [partial(read, Text(path), tmp_path / "meeting") for _ in range(8)]
    run(tasks, jobs, keep, [Folder(path.parent)])
    texts, paths, nodes = zip(*(results[number] for number in range(8)), strict=True)
    assert set(texts) == {"all of it"}
    assert cluster.second is None
    assert len(set(nodes)) == 2
    # the node of the user reads the file itself, the other one what has come
    assert len(set(paths)) == 2
    assert str(path) in paths
