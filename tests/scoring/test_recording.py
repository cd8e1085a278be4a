"""What is kept of an episode is what happened in it."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from grid2op.Action import PlayableAction
from grid2op.Agent import RecoPowerlineAgent
from grid2op.Runner import Runner

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.array_file import save_arrays
from powrl.player.errors import PowrlError
from powrl.scoring.recorded_powers import CURTAILED, STORED
from powrl.scoring.recording import Recording, end_of, recording_of
from powrl.scoring.timeline import timeline_picture
from tests.scoring.recordings import a_recording

NEURIPS = "l2rpn_neurips_2020_track1"
SCENARIO, SEED, STEPS = "Scenario_august_dummy", 0, 300


class Opener(RecoPowerlineAgent):
    """Reconnects, but opens a line and uses a substation once."""

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        if observation.current_step == 10:
            return self.action_space({"set_line_status": [(3, -1)]})
        if observation.current_step == 20:
            return self.action_space({"change_line_status": [5]})
        if observation.current_step == 22:
            return self.action_space({"change_bus": {"lines_or_id": [30]}})
        if observation.current_step == 12:
            return self.action_space({"set_bus": {"substations_id": [(1, (1, 2, 1, 2, 1, 2))]}})
        return super().act(observation, reward, done)


@pytest.fixture(scope="module")
def environment() -> Any:
    environment = open_environment(Scenarios(NEURIPS, names=SCENARIO))
    yield environment
    environment.close()


@pytest.fixture(scope="module")
def recording(environment: Any, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("played")
    agent = Opener(environment.action_space)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = Runner(**environment.get_params_for_runner(), agentClass=None, agentInstance=agent)
        runner.run(
            nb_episode=1, max_iter=STEPS, path_save=str(folder), env_seeds=[SEED], agent_seeds=[0]
        )
    return recording_of(folder, environment, [])


class Remedies(RecoPowerlineAgent):
    """Charges a unit, and curtails a generator for good."""

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        del reward, done
        if observation.current_step == 2:
            return self.action_space({"set_storage": [(0, -2.0), (1, 1.5)]})
        if observation.current_step == 4:
            wind = int(np.argmax(np.where(observation.gen_renewable, observation.gen_p, 0)))
            share = float(0.5 * observation.gen_p[wind] / observation.gen_pmax[wind])
            return self.action_space({"curtail": [(wind, share)]})
        return self.action_space({})


def test_storage_and_curtailment_are_kept(tmp_path: Path) -> None:
    scenarios = Scenarios("educ_case14_storage")
    environment = open_environment(scenarios, action_class=PlayableAction)
    agent = Remedies(environment.action_space)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = Runner(**environment.get_params_for_runner(), agentClass=None, agentInstance=agent)
        runner.run(nb_episode=1, max_iter=8, path_save=str(tmp_path), env_seeds=[0])
    recording = recording_of(tmp_path, environment, [])
    environment.close()
    assert recording.stored.tolist() == [0, 0, 3.5, 0, 0, 0, 0, 0]
    assert (recording.curtailed > 1).tolist() == [False] * 4 + [True] * 4
    assert (recording.curtailed_powers.max(axis=1) > 10).tolist() == [False] * 5 + [True] * 4
    assert recording.storage_powers[3].tolist() == [-20, 15]
    kinds = [(step, kind) for step, kind, _ in recording.moves.tolist()]
    assert sorted(kinds) == [(2, STORED), (2, STORED), (4, CURTAILED)]
    assert set(recording.actions_at[:, 0].tolist()) == {2, 4}
    recording.save(tmp_path / "recording.npz")
    again = Recording.load(tmp_path / "recording.npz")
    np.testing.assert_array_equal(again.curtailed, recording.curtailed)


def test_a_recording_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    a_recording(5).save(tmp_path / "now.npz")
    with np.load(tmp_path / "now.npz") as parts:
        save_arrays(tmp_path / "old.npz", {name: parts[name] for name in parts if name != "stored"})
    assert not Recording.load(tmp_path / "old.npz").is_complete
    assert Recording.load(tmp_path / "old.npz").stored.tolist() == [0] * 5


def test_it_is_what_the_environment_shows(environment: Any, recording: Recording) -> None:
    agent = Opener(environment.action_space)
    observation = start_episode(environment, SCENARIO, SEED)
    assert len(recording) == STEPS
    attacks = 0
    for step in range(STEPS):
        rho = np.clip(np.rint(100 * observation.rho), 0, 255)
        np.testing.assert_array_equal(recording.rho[step], rho)
        np.testing.assert_array_equal(recording.topology[step], observation.topo_vect)
        in_maintenance = observation.time_next_maintenance == 0
        np.testing.assert_array_equal(recording.maintained[step], in_maintenance)
        observation, _, _, info = environment.step(agent.act(observation, 0.0))
        attacked = info["opponent_attack_line"]
        expected = np.zeros(environment.n_line, bool) if attacked is None else attacked
        np.testing.assert_array_equal(recording.attacked[step], expected)
        attacks += expected.any()
    assert attacks > 10
    assert recording.maintained.any()
    assert not recording.tripped.any()
    assert [tuple(place) for place in np.argwhere(recording.switched == -1)] == [(10, 3), (20, 5)]
    changed = int(environment.line_or_to_subid[30])
    assert [tuple(place) for place in np.argwhere(recording.used)] == [(12, 1), (22, changed)]
    assert list(recording.reasons) == [""] * STEPS
    assert recording.lines[0] == environment.name_line[0]
    ends = np.transpose([environment.line_or_to_subid, environment.line_ex_to_subid])
    np.testing.assert_array_equal(recording.ends, ends)
    np.testing.assert_array_equal(recording.substation_of[recording.elements], ends)


def test_it_is_read_as_it_was_written(recording: Recording, tmp_path: Path) -> None:
    recording.save(tmp_path / "a.npz")
    read = Recording.load(tmp_path / "a.npz")
    for name, array in vars(recording).items():
        np.testing.assert_array_equal(vars(read)[name], array)
    (tmp_path / "a.npz").write_bytes(b"no arrays")
    with pytest.raises(PowrlError, match="powrl score --resume"):
        Recording.load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("reasons"),
        lambda arrays: arrays.update(other=np.zeros(3)),
        lambda arrays: arrays.update(rho=arrays["rho"][:-1]),
        lambda arrays: arrays.update(ends=arrays["ends"][:-1]),
        lambda arrays: arrays.update(ends=arrays["ends"] + 7),
        lambda arrays: arrays.update(elements=arrays["elements"] - 1),
        lambda arrays: arrays.update(used=np.float64(3)),
        lambda arrays: arrays.update(attacked=arrays["attacked"].astype(str)),
        lambda arrays: arrays.update(reasons=np.full(5, 1j)),
        lambda arrays: arrays.update(rho=np.zeros(arrays["rho"].shape, dtype=[("x", "i4")])),
        lambda arrays: arrays.update(places=np.full((3, 2), np.nan)),
        lambda arrays: arrays.update(switched=arrays["switched"][:, :2]),
    ],
)
def test_what_is_no_recording_is_refused(change: Any, tmp_path: Path) -> None:
    arrays = dict(vars(a_recording(5)))
    change(arrays)
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(PowrlError, match="is damaged"):
        Recording.load(tmp_path / "a.npz")


def test_the_end_is_told() -> None:
    assert end_of(a_recording(40)) == "no line was overloaded"
    rho = a_recording(40).rho.repeat(2, axis=1)[:, :5].copy()
    attacked, tripped = np.zeros((2, 40, 5), dtype=bool)
    rho[39] = [130, 100, 99, 120, 101]
    attacked[20:35, 4] = True
    attacked[2:4, 3] = True
    tripped[38, 2] = True
    lines = np.array(["a", "b", "c", "d", "e"])
    end = end_of(a_recording(40, rho=rho, attacked=attacked, tripped=tripped, lines=lines))
    assert end == (
        "19 steps after the attack on e began; "
        "overloaded: a at 130 %, d at 120 %, e at 101 % and 1 more; opened by protections: c"
    )
    attacked[25:] = False
    assert "attack" not in end_of(a_recording(40, attacked=attacked, lines=lines))


def test_the_timeline_has_a_row_for_each_episode(recording: Recording) -> None:
    def drawn(*episodes: tuple[Recording, int]) -> np.ndarray:
        rows = {f"scenario {number}": recording for number, recording in enumerate(episodes)}
        return matplotlib.image.imread(io.BytesIO(timeline_picture("mine", rows)))

    one = drawn((recording, STEPS))
    assert drawn((recording, STEPS), (recording, STEPS)).shape[0] > one.shape[0]
    heavy = replace(recording, rho=np.full_like(recording.rho, 120))
    # dark red is darker than what calm grids show
    assert drawn((heavy, STEPS))[..., :3].mean() < one[..., :3].mean()
    assert (drawn((recording, 2 * STEPS)) != drawn((heavy, 2 * STEPS))).any()
