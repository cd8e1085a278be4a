from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import grid2op
import pytest
from grid2op.utils import EpisodeStatistics, ScoreL2RPN2020
from lightsim2grid import LightSimBackend

from powrl.parallel.run import results_of
from powrl.player.agent import load_agent
from powrl.player.errors import PowrlError
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import AgentFolder, Baseline
from powrl.scoring.decisions_log import LOG_PARTS
from powrl.scoring.official import copy_environment, score_contestant
from powrl.scoring.play import count_tasks, play_contest
from powrl.scoring.references import reference_files, restore_references
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run_folder import recording_file
from tests.agents import make_agent_folder

NEURIPS = "l2rpn_neurips_2020_track1"
BUNDLED = Path(grid2op.__file__).parent / "data" / NEURIPS
SCENARIO = "Scenario_february_dummy"
MAX_STEPS = 100


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def timeless(episodes: list[EpisodeScore]) -> list[EpisodeScore]:
    return [
        replace(episode, seconds_per_decision=0.0, slowest_decision=0.0) for episode in episodes
    ]


class Played:
    """A contest with an opponent, played with two jobs on an environment folder of the test."""

    def __init__(self, folder: Path) -> None:
        source = shutil.copytree(
            BUNDLED, folder / NEURIPS, ignore=shutil.ignore_patterns("__pycache__")
        )
        agent = AgentFolder("agent", make_agent_folder(folder / "agent", NEURIPS))
        self.contest = Contest(
            environment=NEURIPS,
            folder=source,
            scenarios={SCENARIO: 1},
            contestants=(agent, Baseline("DoNothing")),
            seeds=(1, 4),
            max_steps=MAX_STEPS,
        )
        self.before = files(source)
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.references: list[None] = []
        self.scores: list[EpisodeScore] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(self.temporary))
            self.episodes = play_contest(
                self.contest,
                2,
                lambda: self.references.append(None),
                self.scores.append,
                log_folder=self.logs,
            )


def each_episode_is_there_in_order(played: Played) -> None:
    assert [(episode.agent, episode.scenario, episode.seed) for episode in played.episodes] == [
        ("agent", SCENARIO, 1),
        ("agent", SCENARIO, 4),
        ("DoNothing", SCENARIO, 1),
        ("DoNothing", SCENARIO, 4),
    ]
    assert {episode.max_steps for episode in played.episodes} == {MAX_STEPS}
    assert all(
        0 < episode.seconds_per_decision < episode.slowest_decision for episode in played.episodes
    )
    assert len(played.references) == 2
    assert len(played.scores) == count_tasks(played.contest) == 4
    assert set(played.scores) == set(played.episodes)


def scores_are_those_of_grid2op_called_by_hand(played: Played, tmp_path: Path) -> None:
    folder = shutil.copytree(played.contest.folder, tmp_path / "by hand" / NEURIPS)
    shutil.rmtree(folder / "chronics" / "Scenario_august_dummy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = grid2op.make(str(folder), backend=LightSimBackend())
        official = ScoreL2RPN2020(
            environment, env_seeds=[1001], agent_seeds=[1001], nb_scenario=1, max_step=MAX_STEPS
        )
        agent = load_agent(played.contest.contestants[0].source, environment)
        scores, steps, _ = official.get(agent)
        environment.close()
    first = played.episodes[0]
    assert (first.score, first.steps) == (scores[0], steps[0])
    assert first.score != 0


def each_seed_has_references_of_its_own(played: Played) -> None:
    """Do nothing scores 0 just where its reference met the same opponent."""
    nothing = [episode for episode in played.episodes if episode.agent == "DoNothing"]
    assert nothing[0].steps != nothing[1].steps
    assert [episode.score for episode in nothing] == [0, 0]


def one_job_alone_gives_the_same(played: Played) -> None:
    contest = replace(played.contest, seeds=(4,), contestants=played.contest.contestants[:1])
    alone = play_contest(contest, 1, lambda: None, lambda _: None)
    assert timeless(alone) == timeless(played.episodes[1:2])


def what_is_played_already_is_taken_over(played: Played) -> None:
    came: list[EpisodeScore] = []
    first = [replace(episode, score=77.0) for episode in played.episodes[:3]]
    again = play_contest(played.contest, 1, lambda: None, came.append, first)
    assert timeless(came) == timeless(played.episodes[3:])
    assert timeless(again) == timeless([*first, *played.episodes[3:]])


def the_references_are_kept_and_make_no_difference(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = reference_files(played.contest)
    assert len({path.name for path in files.values()}) == 2
    assert all(path.is_file() for path in files.values())
    for episode, path in files.items():
        copy = copy_environment(played.contest, episode, tmp_path / path.stem)
        assert restore_references(path, copy)
        with monkeypatch.context() as patch:
            patch.setattr(EpisodeStatistics, "compute", None)
            nothing = played.contest.contestants[1]
            again = score_contestant(played.contest, episode, copy, nothing, None)
        assert timeless([again]) == timeless(
            [
                score
                for score in played.episodes
                if (score.agent, score.seed) == ("DoNothing", episode.seed)
            ]
        )


def nothing_is_written_beside_the_scenarios_or_left_behind(played: Played) -> None:
    assert files(played.contest.folder) == played.before
    assert list(played.temporary.iterdir()) == []


def log_has_each_decision_of_agents_that_tell_them(played: Played) -> None:
    log = played.logs / "decisions-agent.jsonl"
    assert list(played.logs.iterdir()) == [log]
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    expected = [
        (SCENARIO, episode.seed, step)
        for episode in played.episodes[:2]
        for step in range(episode.steps)
    ]
    assert [(row["scenario"], row["seed"], row["step"]) for row in rows] == expected
    assert {"rule", "lines", "candidates", "choice"} <= set(rows[0])
    assert any(row["rule"] == "remedy" and row["candidates"] for row in rows)


def test_play_contest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test, so that one process of pytest plays the contest, once."""
    played = Played(tmp_path / "played")
    each_episode_is_there_in_order(played)
    scores_are_those_of_grid2op_called_by_hand(played, tmp_path)
    each_seed_has_references_of_its_own(played)
    one_job_alone_gives_the_same(played)
    what_is_played_already_is_taken_over(played)
    the_references_are_kept_and_make_no_difference(played, tmp_path, monkeypatch)
    nothing_is_written_beside_the_scenarios_or_left_behind(played)
    log_has_each_decision_of_agents_that_tell_them(played)


def test_a_log_whose_parts_are_half_removed_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = AgentFolder("agent", make_agent_folder(tmp_path / "agent", NEURIPS))
    contest = Contest(NEURIPS, BUNDLED, {SCENARIO: 1}, (agent,), (0, 1), 2)
    played = [EpisodeScore("agent", SCENARIO, seed, 0.0, 2, 2, 0.1, 0.1) for seed in (0, 1)]
    logs = tmp_path / "logs"
    parts = logs / LOG_PARTS / "agent"
    parts.mkdir(parents=True)
    for seed in (0, 1):
        (parts / f"{SCENARIO}-{seed}.jsonl").write_text(f"{seed}\n")
    remove = shutil.rmtree

    def killed(folder: Path, *arguments: object, **options: object) -> None:
        inside = sorted(logs.rglob("*.jsonl"))
        if Path(folder).parent == logs and Path(folder).exists():
            next(path for path in inside if path.parent.name == "agent").unlink()
            raise KeyboardInterrupt
        remove(folder, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            play_contest(contest, 1, lambda: None, lambda _: None, played, logs)
    assert play_contest(contest, 1, lambda: None, lambda _: None, played, logs) == played
    assert [path.name for path in logs.iterdir()] == ["decisions-agent.jsonl"]
    assert (logs / "decisions-agent.jsonl").read_text() == "0\n1\n"


def test_an_error_in_a_worker_is_raised_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / NEURIPS
    (broken / "chronics" / SCENARIO).mkdir(parents=True)
    (broken / "grid.json").touch()
    (broken / "config.py").write_text("1 / 0", encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    contest = Contest(NEURIPS, broken, {SCENARIO: 1}, (Baseline("DoNothing"),), (0, 1))
    with pytest.raises(PowrlError, match="cannot open the environment folder"):
        play_contest(contest, 2, lambda: None, lambda _: None)
    assert list(temporary.iterdir()) == []


def test_processes_of_before_write_where_this_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results_of([partial(int)] * 2, 2)
    monkeypatch.chdir(tmp_path)
    contest = Contest(NEURIPS, BUNDLED, {SCENARIO: 1}, (Baseline("DoNothing"),), (1,), 2)
    recordings = Path("recordings")
    (score,) = play_contest(contest, 2, lambda: None, lambda _: None, recordings=recordings)
    assert (recordings / recording_file("DoNothing", contest.episodes[0])).exists()
    assert score.steps == 2
