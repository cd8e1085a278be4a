"""A scoring on a Ray cluster of two nodes, one of which is killed in the middle: equal scores.

    python -m benchmarks.cluster [--environment NAME] [--scenarios REGEX] [--max-steps N]

Both nodes are on this machine. The second one is killed as soon as a first score has come.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from powrl.parallel.jobs import Jobs, RayJobs
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run import score

console = Console(width=200)


def main(
    environment: str = "l2rpn_case14_sandbox",
    scenarios: str = "000[0-3]",
    max_steps: int = 200,
) -> None:
    """Score on two processes, on the cluster, and on what is left of it."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    def scores(
        name: str, jobs: Jobs, on_score: Callable[[EpisodeScore], None] = lambda _: None
    ) -> list[tuple[object, ...]]:
        """All that a scoring gives but times."""
        os.environ["POWRL_CACHE"] = str(Path(folder) / f"cache of {name}")
        start = time.perf_counter()
        result = score(
            environment=environment,
            scenarios=scenarios,
            max_steps=max_steps,
            seeds=1,
            untrained=False,
            jobs=jobs,
            output=Path(folder) / name,
            on_score=on_score,
        )
        console.print(f"{name}: {time.perf_counter() - start:.1f} s")
        return [(e.agent, e.scenario, e.score, e.steps, e.costs) for e in result.episodes]

    with tempfile.TemporaryDirectory() as folder:
        local = scores("two processes", 2)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        nodes = [cluster.add_node(num_cpus=1)]

        def kill(_: EpisodeScore) -> None:
            while nodes:
                cluster.remove_node(nodes.pop(), allow_graceful=False)
                console.print("the second node is killed")

        remote = scores("two nodes", RayJobs(address=cluster.address), kill)
        console.print(f"{len(local)} scores, {'equal' if local == remote else 'NOT equal'}")
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    typer.run(main)
