"""An agent is found by its folder, by the run folder of its training, or by its shipped name."""

from __future__ import annotations

from pathlib import Path

import pytest

from powrl.errors import PowrlError
from powrl.workspace.shipped import find_agent, shipped_agents


def a_training(folder: Path) -> Path:
    folder.mkdir()
    for name in ("configuration.yaml", "run.json"):
        (folder / name).touch()
    return folder


def test_a_run_folder_of_a_training_means_its_agent(tmp_path: Path) -> None:
    run = a_training(tmp_path / "run")
    (run / "agent").mkdir()
    (run / "agent" / "agent.json").touch()
    assert find_agent(str(run)) == run / "agent"
    assert find_agent(str(run / "agent")) == run / "agent"


def test_a_training_without_an_agent_is_refused(tmp_path: Path) -> None:
    run = a_training(tmp_path / "run")
    with pytest.raises(PowrlError, match=r"has not written its agent yet; .* --resume"):
        find_agent(str(run))


def test_shipped_names_and_other_folders(tmp_path: Path) -> None:
    name, folder = next(iter(shipped_agents().items()))
    assert find_agent(name) == folder
    assert find_agent(str(tmp_path)) == tmp_path
    with pytest.raises(PowrlError, match="no agent 'nowhere'"):
        find_agent("nowhere")


def test_the_name_of_an_environment_lists_its_agents() -> None:
    with pytest.raises(
        PowrlError, match=r"or one of l2rpn_wcci_2020/powrl, l2rpn_wcci_2020/search\.$"
    ):
        find_agent("l2rpn_wcci_2020")
