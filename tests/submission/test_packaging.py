from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from grid2op.Backend import PandaPowerBackend

from powrl.editions.editions import EDITIONS
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.errors import PowrlError
from powrl.submission.package import package_agent
from powrl.submission.runtime import vendored_sources
from powrl.workspace.shipped import find_agent
from tests.agents import N_ACTIONS, random_policy


@pytest.fixture
def agent(agent_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(agent_folder, tmp_path / "agent"))


_OF_2021 = "submission_of_2021.powrl_runtime"


def test_the_zip_has_the_layout_of_the_kits(agent: Path, tmp_path: Path) -> None:
    written = package_agent(agent, tmp_path / "new folder" / "a.zip")
    with zipfile.ZipFile(written) as archive:
        names = archive.namelist()
        policy = archive.read("submission/agent/policy.npz")
    runtime = {f"submission/powrl_runtime/{name}" for name in vendored_sources()}
    files = {"agent.json", "policy.npz", "actions.json", "README.md"}
    expected = {"metadata", "submission/__init__.py", *(f"submission/agent/{f}" for f in files)}
    assert set(names) == expected | runtime
    assert policy == (agent / "policy.npz").read_bytes()


def test_the_same_agent_gives_the_same_bytes(agent: Path, tmp_path: Path) -> None:
    first = package_agent(agent, tmp_path / "1.zip").read_bytes()
    for file in agent.iterdir():
        file.touch()
    assert package_agent(agent, tmp_path / "2.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_the_zip_is_named_after_environment_and_folder(
    agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = package_agent(Path(agent.name))
    assert written == Path("submissions/rte_case14_realistic-agent.zip")
    assert written.is_file()


def test_a_card_is_not_needed(agent: Path, tmp_path: Path) -> None:
    (agent / "README.md").unlink()
    with zipfile.ZipFile(package_agent(agent, tmp_path / "a.zip")) as archive:
        assert "submission/agent/README.md" not in archive.namelist()


def test_an_agent_without_policy_is_packaged_without(agent: Path, tmp_path: Path) -> None:
    body = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    (agent / "agent.json").write_text(json.dumps({**body, "observation": []}), encoding="utf-8")
    (agent / "policy.npz").unlink()
    written = package_agent(agent, tmp_path / "a.zip")
    with zipfile.ZipFile(written) as archive:
        names = archive.namelist()
    assert "submission/agent/policy.npz" not in names
    assert "submission/agent/actions.json" in names


def test_a_zip_is_overwritten_only_by_force(agent: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(PowrlError, match="exists already"):
        package_agent(agent, target)
    assert target.read_text(encoding="utf-8") == "mine"
    package_agent(agent, target, force=True)
    assert zipfile.is_zipfile(target)


def test_a_copy_under_another_name_makes_the_agent(
    agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(package_agent(agent, tmp_path / "a.zip")) as archive:
        archive.extractall(tmp_path / "unpacked")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "unpacked" / "submission").rename(tmp_path / "elsewhere" / "copied_submission")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    import copied_submission

    with open_environment(Scenarios("rte_case14_realistic")) as environment:
        copied_agent = copied_submission.make_agent(environment, "/nowhere")
    assert type(copied_agent).__module__ == "copied_submission.powrl_runtime.agent"
    assert copied_agent.policy.n_actions == N_ACTIONS + 1


def test_on_a_template_of_grid2op_s_own_backend_the_zip_simulates_in_batches_with_all_its_modules(
    agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with zipfile.ZipFile(package_agent(agent, tmp_path / "a.zip")) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "submission").rename(tmp_path / "submission_of_2021")
    monkeypatch.syspath_prepend(str(tmp_path))
    import submission_of_2021

    template = open_environment(
        Scenarios("rte_case14_realistic"), backend=PandaPowerBackend(with_numba=False)
    )
    with template, caplog.at_level(logging.INFO):
        submission_of_2021.make_agent(template, "/nowhere")
    assert "in batches on lightsim2grid's grid model" in caplog.text
    runtime = tmp_path / "submission_of_2021" / "powrl_runtime"
    imported = {str(module.__file__) for name, module in sys.modules.items() if _OF_2021 in name}
    # here all is needed, also what is imported only where grid2op's own backend plays
    assert imported == {str(path) for path in runtime.rglob("*.py")}


def refused(agent: Path, output: Path, match: str) -> None:
    with pytest.raises(PowrlError, match=match):
        package_agent(agent, output)
    assert not output.exists()


def test_a_policy_of_another_size_is_refused(agent: Path, tmp_path: Path) -> None:
    random_policy(5, N_ACTIONS + 1).save(agent / "policy.npz")
    refused(agent, tmp_path / "a.zip", "the policy is for 5 features")


def test_parts_must_fit_where_the_environment_is_not_bundled(agent: Path, tmp_path: Path) -> None:
    settings = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    settings["environment"] = "my_own_grid"
    (agent / "agent.json").write_text(json.dumps(settings), encoding="utf-8")
    assert package_agent(agent, tmp_path / "fits.zip").is_file()
    random_policy(5, N_ACTIONS + 1).save(agent / "policy.npz")
    refused(agent, tmp_path / "a.zip", "the policy is for 5 features")


@pytest.mark.parametrize("key", ["contingencies", "exposed", "outages"])
def test_lines_of_settings_must_be_those_of_the_grid(agent: Path, tmp_path: Path, key: str) -> None:
    settings = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    settings["environment"] = "my_own_grid"
    settings["overload"][key] = ["0_1_0", "9_9_9"]
    (agent / "agent.json").write_text(json.dumps(settings), encoding="utf-8")
    refused(agent, tmp_path / "a.zip", f"{key}: the grid has no line '9_9_9'")


def test_an_agent_for_another_grid_is_refused(agent: Path, tmp_path: Path) -> None:
    settings = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    settings["environment"] = "rte_case5_example"
    (agent / "agent.json").write_text(json.dumps(settings), encoding="utf-8")
    refused(agent, tmp_path / "a.zip", "is for a grid of 14 substations")


@pytest.mark.parametrize("content", ["[]", "{", '{"grid": {"a": 1}}', '{"grid": []}'])
def test_a_damaged_action_file_is_refused(agent: Path, tmp_path: Path, content: str) -> None:
    (agent / "actions.json").write_text(content, encoding="utf-8")
    refused(agent, tmp_path / "a.zip", "actions.json")


@pytest.mark.parametrize("name", ["agent.json", "policy.npz", "actions.json"])
def test_a_missing_file_is_named(agent: Path, tmp_path: Path, name: str) -> None:
    (agent / name).unlink()
    refused(agent, tmp_path / "a.zip", name)


def test_the_agents_own_folder_is_no_place_for_the_zip(agent: Path) -> None:
    with pytest.raises(PowrlError, match="lies in the agent's own folder"):
        package_agent(agent, agent / "a.zip", force=True)
    assert not (agent / "a.zip").exists()


def test_a_zip_has_the_name_of_one(agent: Path, tmp_path: Path) -> None:
    refused(agent, tmp_path / "a.tar", "another ending than .zip")


def test_the_zip_for_an_edition_keeps_its_limit_of_time(tmp_path: Path) -> None:
    agent = find_agent("l2rpn_wcci_2022/search")
    delft = package_agent(agent, tmp_path / "delft.zip", edition=EDITIONS["delft2023"])
    with zipfile.ZipFile(delft) as archive:
        body = json.loads(archive.read("submission/agent/agent.json"))
    overload = body["overload"]
    assert 0 < overload.pop("total_seconds") < 4900
    assert overload.pop("total_steps") == 104_936
    settings = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    assert settings["overload"].items() <= overload.items()
    unlimited = package_agent(agent, tmp_path / "wcci.zip", edition=EDITIONS["wcci2022"])
    with zipfile.ZipFile(unlimited) as archive:
        body = json.loads(archive.read("submission/agent/agent.json"))
    assert "total_seconds" not in body["overload"]  # nothing is known of its limit


@pytest.mark.parametrize(
    ("edition", "played"),
    [
        ("delft2023", "Delft 2023 played l2rpn_wcci_2022;"),
        ("neurips2020", "robustness track played l2rpn_neurips_2020_track1;"),
    ],
)
def test_an_agent_of_another_environment_than_the_edition_s_is_refused(
    agent: Path, tmp_path: Path, edition: str, played: str
) -> None:
    with pytest.raises(PowrlError, match=f"for rte_case14_realistic, but .*{played}"):
        package_agent(agent, tmp_path / "a.zip", edition=EDITIONS[edition])
    assert not (tmp_path / "a.zip").exists()


def test_a_link_is_not_followed_out_of_the_agent(agent: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("for nobody", encoding="utf-8")
    (agent / "README.md").unlink()
    (agent / "README.md").symlink_to(tmp_path / "secret")
    with pytest.raises(PowrlError, match=r"README\.md is a link to .*secret"):
        package_agent(agent, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "name", ["../../elsewhere", "/etc", "a\\b", "a\0b", "..", "", "a\nb", "\ud800", "x" * 256]
)
def test_an_environment_is_no_path(agent: Path, name: str) -> None:
    body = json.loads((agent / "agent.json").read_text(encoding="utf-8"))
    (agent / "agent.json").write_text(json.dumps({**body, "environment": name}), encoding="utf-8")
    with pytest.raises(PowrlError, match="needs the name of an environment, and no path"):
        package_agent(agent)


@pytest.mark.parametrize("name", ["agent.json", "policy.npz", "actions.json"])
@pytest.mark.parametrize("kind", ["pipe", "device", "sparse"])
def test_files_of_other_kinds_are_refused_at_once(
    agent: Path, tmp_path: Path, name: str, kind: str
) -> None:
    path = agent / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(10**11)
    with pytest.raises(PowrlError, match=r"no regular file|larger than"):
        package_agent(agent, tmp_path / "a.zip")
