"""The indicators are those that grid2evaluate's definitions give by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from powrl.cli.main import app
from powrl.editions.editions import EDITIONS
from powrl.environments.opening import Scenarios, open_environment
from powrl.errors import PowrlError
from powrl.scoring.finished_run import FinishedRun
from powrl.scoring.kpis import functions
from powrl.scoring.kpis.episode import carbon_intensity, indicators_of
from powrl.scoring.kpis.functions import kpis
from powrl.scoring.kpis.hub import SCENARIOS, write_submissions
from powrl.scoring.kpis.summary import AgentIndicators
from powrl.scoring.recorded_powers import CURTAILED, REDISPATCHED, STORED
from powrl.scoring.recording import Recording
from powrl.scoring.run import score
from tests.scoring.recordings import a_recording

RTE, STEPS = "rte_case14_realistic", 5


def with_states(**changes: Any) -> Recording:
    """Four steps of two generators, one of them a wind farm, and a load; half an hour each."""
    tenths = {
        "dispatched": [[0, 0], [10, 0], [10, 0], [20, -10], [0, 0]],
        "targets": [[0, 0], [10, 0], [10, 0], [10, -10], [0, 0]],
        "gen_p": [[500, 300], [500, 300], [510, 200], [520, 100], [0, 0]],
        "gen_v": [[1000, 1000]] * 5,
        "uncurtailed": [[0, 300], [0, 300], [0, 250], [0, 100], [0, 0]],
        "load_p": [[790], [790], [700], [600], [0]],
        "load_q": [[0]] * 5,
        "flows": [[0, 0, 0]] * 5,
        "curtailed_powers": [[0, 0]] * 5,
    }
    parts = {
        **{name: np.array(rows, dtype=np.int16) for name, rows in tenths.items()},
        "storage_powers": np.zeros((5, 0), dtype=np.int16),
        "generators": np.array(["coal", "farm"]),
        "generators_at": np.array([0, 1], dtype=np.int32),
        "whys": np.array([""] * 4),
        "losses": np.array([1, 1, 2, 4, 0], dtype=np.float32),
        "utilisation": np.array(
            [[9, 9, 1], [0.5, 0.2, 0], [1.2, 0.4, 1 / 3], [0.9, 0.6, 0], [0, 0, 0]],
            dtype=np.float32,
        ),
        "topology_changes": np.array([1, 0, 2, 0], dtype=np.uint8),
        "generator_types": np.array(["thermal", "wind"]),
        "hours": np.array([0.5]),
        "moves": np.array(
            [[0, REDISPATCHED, 0], [0, REDISPATCHED, 1], [1, STORED, 0], [2, CURTAILED, 1]],
            dtype=np.int32,
        ),
        "moves_mw": np.ones(4, dtype=np.float32),
    }
    return a_recording(4, **{**parts, **changes})


def test_they_are_those_computed_by_hand() -> None:
    episode = indicators_of(with_states(), max_steps=4)
    assert episode.topology_actions == 3
    assert episode.most_topology == 2
    assert episode.redispatch_actions == 2  # two generators in one action, and a storage unit
    assert episode.curtailment_actions == 1
    # the observation after the first step has no duration
    assert episode.redispatched == pytest.approx(0.5 * (1 + 2 - 1))
    assert episode.balanced == pytest.approx(0.5 * (0 + 1))
    # of other generators than renewable ones grid2op's production without curtailment is 0
    assert episode.curtailed == pytest.approx(0.5 * (51 + 52 - 5))
    assert episode.lost == pytest.approx(0.5 * (2 + 4))
    assert episode.blackout == 0
    assert episode.moved == pytest.approx({"thermal": 0.5 * (103 + 3), "wind": 0.5 * (-5 - 1)})
    assert episode.use.highest == pytest.approx(1.2)
    assert episode.use.mean == pytest.approx(1.2 / 4)
    assert episode.use.overloaded == pytest.approx(100 / 12)
    assert episode.use.values == 12


def test_a_blackout_takes_the_load_of_its_step() -> None:
    assert indicators_of(with_states(), max_steps=9).blackout == pytest.approx(0.5 * 60)


def test_the_carbon_intensity_is_that_of_what_is_moved() -> None:
    assert carbon_intensity({"thermal": 3.0, "wind": -1.0}) == pytest.approx((3 * 655 - 11) / 2)
    assert carbon_intensity({"thermal": 1.0, "wind": -1.0}) == 0
    assert carbon_intensity({"fusion": 1.0}) is None


def test_an_older_recording_is_refused(tmp_path: Path) -> None:
    with_states().save(tmp_path / "now.npz")
    assert Recording.load(tmp_path / "now.npz").has_states
    a_recording(4).save(tmp_path / "old.npz")
    with pytest.raises(PowrlError, match="play it again: powrl score"):
        indicators_of(Recording.load(tmp_path / "old.npz"), 4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run of an agent with and without noise."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    agent = f"mine={RTE}/powrl"
    options: dict[str, Any] = {"scenarios": "000", "seeds": 1, "max_steps": STEPS, "jobs": 1}
    score(agent, noisy=True, untrained=False, output=folder, **options)
    return folder


@pytest.fixture(scope="module")
def agents(run: Path) -> list[AgentIndicators]:
    return kpis(run)


def test_those_of_a_run_are_what_its_environment_shows(
    run: Path, agents: list[AgentIndicators]
) -> None:
    idle = next(agent for agent in agents if agent.agent == "DoNothing")
    environment = open_environment(Scenarios(RTE, names="000"))
    environment.reset(seed=0, options={"time serie id": 0, "max step": 9})
    lost, loads, out = [], [], []
    for _ in range(STEPS):
        observation, *_ = environment.step(environment.action_space())
        lost.append(float(observation.gen_p.sum() - observation.load_p.sum()))
        loads.append(observation.rho)
        out.append(with_each_line_out(environment))
    environment.close()
    assert idle.operation["lost"] == pytest.approx(sum(lost[1:]) / 12, rel=1e-3)
    assert idle.use.mean == pytest.approx(np.mean(loads), rel=1e-4)
    assert idle.outages is not None
    # recordings hold tenths of MW
    assert idle.outages.highest == pytest.approx(np.max(out), rel=1e-2)
    assert idle.outages.mean == pytest.approx(np.mean(out), rel=1e-2)
    assert idle.alert_accuracy is None
    assert [agent["agent"] for agent in json.loads((run / "kpis.json").read_text())["agents"]] == [
        *("mine", "mine-noisy", "DoNothing", "RecoPowerline"),
    ]


def with_each_line_out(environment: Any) -> np.ndarray:
    """Loads with each line out, by lightsim2grid's own analysis."""
    from lightsim2grid.contingencyAnalysis import ContingencyAnalysis

    analysis = ContingencyAnalysis(environment)
    analysis.add_all_n1_contingencies()
    return np.nan_to_num(analysis.get_flows()[1] / environment.get_thermal_limit())


def test_robustness_is_the_share_of_the_score_that_noise_leaves(run: Path) -> None:
    points = {"mine": 50.0, "mine-noisy": 40.0}
    past = FinishedRun.read(run)
    played = [replace(score, score=points.get(score.agent, 0.0)) for score in past.episodes]
    scored = replace(past, episodes=played)
    shares = {
        agent.name: functions._robustness(scored, functions._summary(scored, agent.name))
        for agent in past.contest.contestants
    }
    assert shares.pop("mine") == pytest.approx(80)
    assert set(shares.values()) == {None}


def test_the_hub_gets_the_agents_of_a_run(run: Path) -> None:
    past = FinishedRun.read(run)
    small = replace(past.contest, edition=EDITIONS["ai4realnet-small"])
    write_submissions(replace(past, contest=small))
    assert [path.name for path in run.glob("hub-*")] == ["hub-mine.json"]
    body = json.loads((run / "hub-mine.json").read_text())
    assert set(body["scenarios"]) == set(body["specific_config"]) == set(SCENARIOS.values())
    assert body["default_config"]["agent_path"] == past.contest.contestants[0].source
    assert body["default_config"]["scenario_name"] == "ai4realnet_small"


def test_the_command_prints_a_table(run: Path, tmp_path: Path) -> None:
    arguments = ["kpis", str(run), "--no-outages", "--jobs=1"]
    shown = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert shown.exit_code == 0
    assert "carbon" in shown.output
    with pytest.raises(PowrlError, match="is no run folder of powrl score"):
        CliRunner().invoke(app, ["kpis", str(tmp_path)], catch_exceptions=False)
