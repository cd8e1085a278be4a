"""Environments are opened from where the user says, and refused in one sentence otherwise."""

import bz2
import shutil
from pathlib import Path

import pytest

from powrl.engines.engine import play_episode
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.environments.episodes import start_episode
from powrl.environments.opening import (
    DOWNLOAD,
    Scenarios,
    bundled_environments,
    open_environment,
    require_grid_of,
    require_readable,
    scenario_names,
)
from powrl.player.errors import PowrlError

CASE14 = "rte_case14_realistic"


@pytest.fixture
def folder(case14, tmp_path) -> Path:
    """A copy of the bundled environment, without its scenarios' bulk."""
    target = tmp_path / CASE14
    shutil.copytree(case14.get_path_env(), target)
    return target


def test_bundled_scenarios(case14):
    assert scenario_names(case14) == ["000", "001"]


@pytest.mark.parametrize("cached", [False, True])
def test_only_the_named_scenarios_are_played(folder, cached):
    environment = open_environment(Scenarios("any", folder, "001"), cached=cached)
    assert scenario_names(environment) == ["001"]
    start_episode(environment, "001", 0)
    assert Path(environment.chronics_handler.get_id()).name == "001"
    environment.close()


def test_cached_scenarios_play_the_same(case14):
    cached = open_environment(Scenarios(CASE14), cached=True)
    episodes = [
        play_episode(Grid2opEngine(environment), "001", 3, lambda _: None)
        for environment in (case14, cached)
    ]
    assert episodes[0] == episodes[1]
    cached.close()


def test_seed_and_scenario_fix_the_opponent(neurips):
    def attacks() -> list[int]:
        observation, lines = start_episode(neurips, 0, 5), []
        for _ in range(300):
            observation, _, done, _ = neurips.step(neurips.action_space({}))
            lines.append(int((~observation.line_status).sum()))
            if done:
                break
        return lines

    first = attacks()
    assert max(first) > 0
    assert attacks() == first


def test_a_name_that_is_a_slip_or_a_folder_is_told(tmp_path):
    with pytest.raises(PowrlError, match="did you mean 'l2rpn_case14_sandbox'"):
        open_environment(Scenarios("l2rpn_case14_sandbx"))
    with pytest.raises(PowrlError, match="is a folder, and no name of an environment"):
        open_environment(Scenarios(str(tmp_path)))


def test_unknown_environment():
    with pytest.raises(PowrlError, match=r"bundles no environment 'l2rpn_2030'"):
        open_environment(Scenarios("l2rpn_2030"))


def test_download_of_an_unknown_environment(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # grid2op tries ten times a second apart
    with pytest.raises(PowrlError, match="neither open nor download 'l2rpn_2030'"):
        open_environment(Scenarios("l2rpn_2030", DOWNLOAD))


def test_missing_folder(tmp_path):
    with pytest.raises(PowrlError, match=r"there is no folder .*missing"):
        open_environment(Scenarios("any", tmp_path / "missing"))


@pytest.mark.parametrize("part", ["grid.json", "config.py", "chronics"])
def test_incomplete_folder(folder, part):
    path = folder / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(PowrlError, match=f"it has no {part}"):
        open_environment(Scenarios("any", folder))


def test_empty_folder_of_scenarios(folder):
    shutil.rmtree(folder / "chronics")
    (folder / "chronics").mkdir()
    with pytest.raises(PowrlError, match="has no scenario in its folder chronics"):
        open_environment(Scenarios("any", folder))


def test_no_scenario_of_that_name():
    with pytest.raises(PowrlError, match=r"matches '9..'; it has 2, for instance 000, 001"):
        open_environment(Scenarios(CASE14, names="9.."))


def test_names_that_are_no_regular_expression():
    with pytest.raises(PowrlError, match="is no regular expression"):
        open_environment(Scenarios(CASE14, names="("))


def test_several_mixes_are_refused_with_their_folders():
    with pytest.raises(PowrlError, match=r"has several mixes; .*--data: .*track2.x1"):
        open_environment(Scenarios("l2rpn_neurips_2020_track2"))


def test_a_grid_that_is_not_that_of_the_name_is_refused(case14, neurips):
    require_grid_of(case14, CASE14)
    require_grid_of(case14, "an environment that is not bundled")
    with pytest.raises(PowrlError, match="rte_case14_realistic is for a grid of 14 substations"):
        require_grid_of(neurips, CASE14)


def test_a_chronics_that_is_no_folder_is_refused(folder):
    shutil.rmtree(folder / "chronics")
    (folder / "chronics").write_text("")
    with pytest.raises(PowrlError, match="has no scenario in its folder chronics"):
        open_environment(Scenarios("any", folder))


def test_readable_scenarios_pass(case14):
    require_readable(case14)


@pytest.mark.parametrize("damage", ["cut short", "no number", "missing"])
def test_a_damaged_scenario_is_named(folder, damage):
    path = folder / "chronics" / "001" / "load_p.csv.bz2"
    if damage == "missing":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:300])
    else:
        lines = bz2.decompress(path.read_bytes()).split(b"\n")
        lines[5] = b";".join([b"x"] * len(lines[0].split(b";")))
        path.write_bytes(bz2.compress(b"\n".join(lines)))
    environment = open_environment(Scenarios("any", folder))
    with pytest.raises(PowrlError, match=r"the scenario .*001"):
        require_readable(environment)
    environment.close()


def test_bundled_list():
    assert {CASE14, "l2rpn_neurips_2020_track1", "l2rpn_wcci_2020"} <= set(bundled_environments())
