"""Agents that cheat or break in one run: nobody else's score changes, and nothing stays."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import grid2op
import pytest

from powrl.environments.opening import Scenarios
from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.contestants.third_party import Submission
from powrl.scoring.isolation.client import start_server
from powrl.scoring.isolation.order import Limits
from powrl.scoring.isolation.read_only import is_possible
from powrl.scoring.play import play_contest
from powrl.scoring.references import reference_files
from powrl.scoring.results import LOWEST_SCORE, EpisodeScore
from powrl.scoring.scoring_result import ScoringResult
from tests.submission.zips import acting, write_zip

CASE14 = "rte_case14_realistic"
BUNDLED = Path(grid2op.__file__).parent / "data" / CASE14
STEPS = 3

NOTHING = "return self.action_space()"
HONEST = acting(
    "if self.steps == 2: return self.action_space({'set_line_status': [(3, -1)]})",
    "observation.simulate(self.action_space())",
    NOTHING,
)
CHEAT = (
    "import time\n"
    "import numpy\n"
    "from grid2op.Reward import L2RPNSandBoxScore\n"
    "numpy.interp = lambda *_, **__: 88.0\n"
    "time.perf_counter = lambda: 0.0\n"
    + acting(
        "observation.rho[:] = 0",
        "observation.current_step = 0",
        "if self.steps > 1: return self.action_space()",
        "import gc",
        "from grid2op.Environment import BaseEnv",
        "L2RPNSandBoxScore.__call__ = lambda *_: 0.0",
        "for found in gc.get_objects():",
        "    if isinstance(found, BaseEnv) and hasattr(found, '_no_overflow_disconnection'):",
        "        found._no_overflow_disconnection = True",
        "    if 'GridStateFromFile' in type(found).__name__ and found.load_p is not None:",
        "        found.load_p[-1] *= 2",
        NOTHING,
    )
)
REWARD = (
    acting(NOTHING) + "from grid2op.Reward import BaseReward\n"
    "class reward(BaseReward):\n"
    "    def __call__(self, action, env, *arguments):\n"
    "        env._parameters.NO_OVERFLOW_DISCONNECTION = True\n"
    "        return 0.0\n"
)
DISARMING = (
    acting(NOTHING) + "from grid2op.Reward import BaseReward\n"
    "class reward(BaseReward):\n"
    "    def reset(self, env):\n"
    "        if hasattr(env, '_oppSpace'):\n"
    "            env._oppSpace.attack = lambda *_: (None, 0)\n"
    "    def __call__(self, action, env, *arguments):\n"
    "        env._opponent.period = 10**9\n"
    "        env._oppSpace.budget_per_timestep = 0.0\n"
    "        return 0.0\n"
    "other_rewards = {'also': reward}\n"
)
REWARDED = (
    HONEST + "from grid2op.Reward import L2RPNReward\n"
    "class reward(L2RPNReward):\n"
    "    def __call__(self, action, env, *arguments):\n"
    "        env.get_obs()\n"
    "        env.backend.get_relative_flow()\n"
    "        return super().__call__(action, env, *arguments)\n"
    "other_rewards = {'also': reward}\n"
)
OWN_EDITOR = acting(
    "import pathlib",
    "for path in pathlib.Path(__file__).parents[2].rglob('scores.npz'):",
    "    if '_statistics' in str(path): path.write_bytes(path.read_bytes() + b'0')",
    NOTHING,
)
EDITOR = acting(
    "import os, pathlib, subprocess, sys",
    "top = pathlib.Path(__file__).parents[3]",
    'code = \'import pathlib, sys; [path.write_bytes(b"0") for top in sys.argv[1:]'
    ' for path in pathlib.Path(top).rglob("*") if path.suffix in (".npz", ".zip")]\'',
    "subprocess.run([sys.executable, '-c', code, str(top), os.environ['POWRL_CACHE']])",
    "open(os.environ['VICTIM'], 'wb')",
)
PATCH = (
    acting(NOTHING)
    .replace(
        "    return Agent(",
        "    import gc\n"
        "    from grid2op.Environment import BaseEnv\n"
        "    for found in gc.get_objects():\n"
        "        if isinstance(found, BaseEnv):\n"
        "            found._no_overflow_disconnection = True\n"
        "    return Agent(",
    )
    .replace(
        "    steps = 0\n",
        "    steps = 0\n\n    def reset(self, observation):\n        observation.rho[:] = 0\n",
    )
)
JUDGE = (
    "import builtins\n"
    "from powrl.scoring.costs import EpisodeCosts\n"
    "EpisodeCosts.score = lambda *_: 88.0\n"
    "builtins.ascii = repr\n"
    + acting(
        "import gc",
        "from grid2op.Opponent import OpponentSpace",
        "for found in gc.get_objects():",
        "    if isinstance(found, OpponentSpace):",
        "        found.budget = 0",
        "self.action_space.gen_max_ramp_up[:] = 1e4",
        NOTHING,
    )
)
RUDE = acting(
    "import os, signal, threading, time, warnings",
    "if os.fork() == 0:",
    "    os.setsid()",
    "    if os.fork() == 0:",
    "        open(os.environ['STAYED'] + str(os.getpid()), 'w').close()",
    "        time.sleep(600)",
    "    os._exit(0)",
    "time.sleep(0.1)",
    "os.umask(0o777); warnings.simplefilter('error')",
    "[signal.signal(number, signal.SIG_IGN) for number in (2, 15, 17)]",
    "threading.Thread(target=time.sleep, args=(600,)).start()",
    "os.closerange(0, 256)",
    NOTHING,
)
SLEEPER = acting("import time; time.sleep(600)")
KILLER = acting("import ctypes, os; ctypes.CDLL(None).kill(os.getppid(), 9); os.abort()")

FAILURES = {
    "own_editor": "has edited the files that it is scored with",
    "editor": "may not write .*honest.zip",
    "sleeper": r"had not answered after 5 s \(--decision-timeout\)",
    "killer": "has ended the process that watches it",
}
MANIPULATIONS = {
    "cheat": {
        "clock: time.perf_counter",
        "code: numpy.interp",
        "environment: _no_overflow_disconnection",
        "forecasts: _no_overflow_disconnection",
        "observation: current_step, rho",
        "rewards: grid2op.Reward.l2RPNSandBoxScore.L2RPNSandBoxScore.__call__",
        "time series: load_p",
    },
    "early": {"environment: _no_overflow_disconnection", "observation: rho"},
    "judge": {
        "code: builtins.ascii, powrl.scoring.costs.EpisodeCosts.score",
        "environment: budget, gen_max_ramp_up",
    },
    "reward": {"environment: NO_OVERFLOW_DISCONNECTION"},
    "disarming": {
        "environment: _oppSpace.attack, attack, budget_per_timestep, period",
        "forecasts: attack",
    },
    "editor": {"files: honest.zip"},
}


def play(folder: Path, **sources: str) -> tuple[Contest, dict[str, EpisodeScore]]:
    """Score of each agent by its name, without its times."""
    agents = [
        Submission(name, write_zip(folder / f"{name}.zip", source))
        for name, source in sources.items()
    ]
    contest = Contest(
        CASE14,
        BUNDLED,
        {"001": 1},
        (*agents, Baseline("DoNothing"), Baseline("RecoPowerline")),
        (0,),
        STEPS,
        limits=Limits(decision=5.0),
    )
    episodes = play_contest(contest, 1, lambda: None, lambda _: None)
    same = {"seconds_per_decision": 0.0, "slowest_decision": 0.0}
    return contest, {episode.agent: replace(episode, **same) for episode in episodes}


def remains(folder: Path) -> list[int]:
    """Processes that an agent has left running."""
    running = []
    for path in folder.glob("stayed-*"):
        process = int(path.name.rpartition("-")[2])
        if Path(f"/proc/{process}").exists():
            running.append(process)
    return running


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")
def test_hostile_agents_cost_their_own_scores_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("POWRL_CACHE", str(cache))
    monkeypatch.setenv("STAYED", str(tmp_path / "stayed-"))
    monkeypatch.setenv("VICTIM", str(tmp_path / "honest.zip"))
    umask = os.umask(0o022)
    os.umask(umask)
    start_server(Scenarios(CASE14))
    _, alone = play(tmp_path, honest=HONEST)
    contest, scores = play(
        tmp_path,
        editor=EDITOR,
        own_editor=OWN_EDITOR,
        cheat=CHEAT,
        early=PATCH,
        judge=JUDGE,
        reward=REWARD,
        disarming=DISARMING,
        rewarded=REWARDED,
        rude=RUDE,
        sleeper=SLEEPER,
        killer=KILLER,
        honest=HONEST,
    )
    for name in alone:
        assert scores[name] == alone[name]
    assert alone["honest"].steps == STEPS
    assert scores["rude"].steps in (0, STEPS)  # who is not root cannot read what it has written
    assert list(tmp_path.glob("stayed-*"))
    assert not remains(tmp_path)
    for name, message in FAILURES.items():
        assert scores[name].score == LOWEST_SCORE
        assert re.search(message, scores[name].failure)
        assert f"the agent {name} failed: " in scores[name].failure
    for name, expected in MANIPULATIONS.items():
        assert set(scores[name].manipulations) == expected
    assert not scores["honest"].manipulations
    assert (scores["rewarded"].manipulations, scores["rewarded"].failure) == ([], "")
    result = ScoringResult.from_episodes(contest, list(scores.values()), "", {}, "")
    notes = "\n".join(result.notes)
    assert "cheat: replaces the clock (time.perf_counter); it is scored as a" in notes
    assert "sleeper: failed in 1 of 1 episode, for the lowest score, -100: the agent" in notes
    file = reference_files(contest)[PlannedEpisode("001", 0)]
    assert (file.read_bytes() == b"0") != is_possible()
    file.write_bytes(b"0")
    _, after = play(tmp_path, honest=HONEST)
    assert after == alone
