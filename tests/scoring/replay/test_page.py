"""The page has all episodes of a run, in few bytes."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from powrl.player.errors import PowrlError
from powrl.scoring.recording import Recording
from powrl.scoring.replay.episodes import ShownEpisode, episodes_of
from powrl.scoring.replay.packing import causes_of, pack_episode
from powrl.scoring.replay.page import replay_page
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run_folder import RunFolder
from tests.scoring.recordings import a_recording
from tests.scoring.replay.runs import ACTION, ATTACK, STEPS, a_run, an_eventful_recording


def a_score(agent: str = "mine", steps: int = STEPS) -> EpisodeScore:
    return EpisodeScore(agent, "april", 0, 12.5, steps, STEPS, 0.001, 0.01)


def unpacked(block: str) -> tuple[dict[str, Any], Any]:
    """The first agent of a block, and a function that reads its arrays."""
    whole = gzip.decompress(base64.b64decode(block))
    end = 4 + int.from_bytes(whole[:4], "little")
    agent = json.loads(whole[4:end])["agents"][0]

    def read(name: str) -> np.ndarray:
        kind, first, *shape = agent[name]
        count = int(np.prod(shape))
        return np.frombuffer(whole[end + first :], dtype=kind, count=count).reshape(shape)

    return agent, read


def test_a_block_holds_all_of_a_recording() -> None:
    recording = an_eventful_recording()
    agent, read = unpacked(pack_episode([(a_score(), recording)]))
    loads = np.cumsum(read("loads"), axis=1, dtype=np.uint8).T
    np.testing.assert_array_equal(loads, recording.rho[:STEPS])
    flows = np.cumsum(read("flows"), axis=1, dtype=np.int16).T
    np.testing.assert_array_equal(flows, recording.flows[:STEPS])
    assert [agent["reasons"][number] for number in read("reasonAt")] == list(recording.reasons)
    assert read("attacked").tolist() == [[0, ATTACK, ATTACK + 3]]
    assert read("used").tolist() == [[ACTION, 0]]
    assert read("topology").tolist() == [
        *([ATTACK + 1, 0, -1], [ATTACK + 1, 2, -1], [ATTACK + 4, 0, 1], [ATTACK + 4, 2, 1]),
        [ACTION + 1, 0, 2],
    ]
    assert read("candidateLoads").tolist() == recording.candidate_loads.tolist()
    assert agent["dispatchedNumbers"] == [1]
    assert read("movesMw").tolist() == [3.5, -2.0]


def test_a_line_is_out_by_what_opened_it() -> None:
    topology = np.ones((21, 6), dtype=np.int8)
    topology[3:8, 0] = -1
    topology[10:15, 3] = -1
    topology[17:, 5] = -1
    attacked, maintained, tripped = np.zeros((3, 20, 3), dtype=bool)
    attacked[2:5, 0] = True
    tripped[9, 1] = True
    maintained[17:19, 2] = True
    recording = a_recording(
        20, topology=topology, attacked=attacked, maintained=maintained, tripped=tripped
    )
    causes = causes_of(recording)
    assert causes[:, 0].tolist() == [0] * 3 + [4] * 3 + [1] * 2 + [0] * 12
    assert causes[:, 1].tolist() == [0] * 10 + [2] * 5 + [0] * 5
    assert causes[:, 2].tolist() == [0] * 17 + [3, 3, 1]


def test_the_episode_that_went_worst_is_the_first(tmp_path: Path) -> None:
    episodes = episodes_of(RunFolder(a_run(tmp_path)))
    assert [episode.scenario for episode in episodes] == ["march", "april"]
    assert [score.agent for score in episodes[0].scores] == ["mine", "other", "DoNothing"]
    assert len(episodes_of(RunFolder(tmp_path), "april", 0)) == 1
    with pytest.raises(PowrlError, match=r"no scenario 'may' in .*; it has april, march"):
        episodes_of(RunFolder(tmp_path), "may")


def test_the_page_needs_nothing_else_and_shows_names_as_they_are(tmp_path: Path) -> None:
    files = RunFolder(a_run(tmp_path))
    page = replay_page("<mine>", "run", episodes_of(files), files.recording)
    html = page.html.replace("http://www.w3.org/2000/svg", "")
    assert re.findall("https?://|<link|src=", html) == []
    assert "<title>powrl replay: &lt;mine&gt;</title>" in html
    data = re.search(r'id="data">(.*?)</script>', html)
    assert data is not None
    assert json.loads(data[1])["grid"]["lines"][0] == "<u>a</u>"
    assert not page.without


def test_episodes_without_room_stay_in_the_index(tmp_path: Path) -> None:
    files = RunFolder(a_run(tmp_path))
    page = replay_page("all", "run", episodes_of(files), files.recording, max_bytes=10)
    assert [episode.scenario for episode in page.without] == ["april"]
    assert '"block":null' in page.html


def test_episodes_of_different_grids_are_refused() -> None:
    recordings = {
        "mine": a_recording(STEPS),
        "other": a_recording(STEPS, lines=np.array(["k"] * 3)),
    }
    episode = ShownEpisode("april", 0, (a_score("mine"), a_score("other")))
    with pytest.raises(PowrlError, match="different grids"):
        replay_page("all", "run", [episode], lambda score: recordings[score.agent])


def a_long_recording(seed: int) -> Recording:
    """A week of 36 substations, whose loads and flows change a little in each step."""
    steps, n_line, n_gen = 2016, 59, 22
    random = np.random.default_rng(seed)
    walk = np.cumsum(random.integers(-1, 2, size=(steps + 1, n_line)), axis=0)
    n_element = 2 * n_line
    candidates = 100 * 240
    calm = np.zeros((steps, n_line), dtype=bool)
    return an_eventful_recording(
        steps,
        rho=np.clip(60 + walk, 0, 255).astype(np.uint8),
        flows=(2 * walk).astype(np.int16),
        topology=np.ones((steps + 1, n_element), dtype=np.int8),
        **dict.fromkeys(("attacked", "maintained", "tripped"), calm),
        switched=calm.astype(np.int8),
        used=np.zeros((steps, 36), dtype=bool),
        dispatched=random.integers(-30, 30, size=(steps + 1, n_gen)).astype(np.int16),
        curtailed_powers=np.zeros((steps + 1, n_gen), dtype=np.int16),
        generators=np.array([f"gen_{number}" for number in range(n_gen)]),
        generators_at=np.arange(n_gen, dtype=np.int32),
        lines=np.array([f"line_{number}" for number in range(n_line)]),
        substations=np.array([f"sub_{number}" for number in range(36)]),
        places=random.uniform(size=(36, 2)),
        ends=random.integers(0, 36, size=(n_line, 2)),
        elements=np.arange(n_element).reshape(-1, 2),
        substation_of=np.arange(n_element) % 36,
        whys=np.array([f"moves {number} MW: a line at 90 %" for number in range(steps)]),
        labels=np.array([f"substation {number}: some lines on busbar 2" for number in range(240)]),
        candidate_steps=np.repeat(np.arange(100, dtype=np.int32), 240),
        candidate_labels=np.tile(np.arange(240, dtype=np.int32), 100),
        candidate_loads=random.integers(800, 1400, size=candidates).astype(np.uint16),
        candidate_states=np.zeros(candidates, dtype=np.uint8),
        candidate_chosen=np.zeros(candidates, dtype=bool),
    )


def test_a_week_of_four_agents_takes_less_than_3_mb_and_5_s() -> None:
    recordings = {f"agent {number}": a_long_recording(number) for number in range(4)}
    scores = [EpisodeScore(name, "april", 0, 1.0, 2016, 2016, 0.001, 0.01) for name in recordings]
    episode = ShownEpisode("april", 0, tuple(scores))
    start = time.process_time()
    page = replay_page("a week", "run", [episode], lambda score: recordings[score.agent])
    assert time.process_time() - start < 4
    assert len(page.html.encode()) < 3_000_000
