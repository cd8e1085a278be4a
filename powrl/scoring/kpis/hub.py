"""What AI4REALNET's validation hub takes: which agent plays which of its scenarios."""

from __future__ import annotations

import json
from typing import Any

from ...player.files import write_text_whole
from ..contestants.noisy import NOISY_PREFIX
from ..contestants.own import BASELINES
from ..finished_run import FinishedRun
from ..run_folder import file_name

SCENARIOS = {
    "alert accuracy (KPI-AF-008)": "729cc815-ac93-4209-9f62-b57b920c2d0a",
    "carbon intensity (KPI-CF-012)": "75d20248-740b-4d84-86e7-1de89f10fc1e",
    "network utilisation (KPI-NF-024)": "ed8ba2fc-853e-4e79-a984-b1986b9b6e97",
    "topology actions (KPI-TF-034)": "5dd33cc9-a4aa-4a61-bd3f-5fae1c1bf701",
    "operation score (KPI-OF-036)": "fc090c38-8740-4911-96aa-2defd06f8715",
}
"""Indicator -> number of its scenario on the hub."""


def submission(agent: str, path: str, scenario: str) -> dict[str, Any]:
    """The body of a submission to the hub.

    Parameters
    ----------
    agent, path:
        Name of the agent, as the hub knows its type, and its file.
    scenario:
        Name of the scenario (`powrl.editions.editions.Edition.hub_scenario`).

    Examples
    --------
    >>> body = submission("mine", "mine.zip", "ai4realnet_small")
    >>> body["specific_config"]["fc090c38-8740-4911-96aa-2defd06f8715"]["agent_path"]
    'mine.zip'
    """
    config = {
        "agent_type": agent,
        "agent_path": path,
        "scenario_name": scenario,
        "scenario_path": scenario,
    }
    numbers = list(SCENARIOS.values())
    return {
        "scenarios": numbers,
        "default_config": config,
        "specific_config": {number: dict(config) for number in numbers},
    }


def write_submissions(run: FinishedRun) -> None:
    """Write a submission of each agent of a run beside its scores.

    Raises
    ------
    PowrlError
        A file cannot be written.
    """
    for agent in run.contest.contestants:
        if agent.name not in BASELINES and not agent.source.startswith(NOISY_PREFIX):
            body = submission(agent.name, agent.source, run.contest.edition.hub_scenario)
            path = run.files.path / f"hub-{file_name(agent.name)}.json"
            write_text_whole(path, json.dumps(body, indent=1) + "\n")
