"""The golden record: what each shipped agent decides in one episode on real grid2op.

``python -m tests.golden.record [agent ...]`` plays the episodes below and writes the records that
`test_golden` replays; do so where decisions change on purpose, and look at the table that it
writes: each rule has to occur somewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment, single_mixes
from powrl.player.agent import load_agent
from powrl.player.agent_folder import AgentSettings
from powrl.workspace.shipped import shipped_agents

FOLDER = Path(__file__).parent

FORMAT = "powrl golden record 1"

LOAD_EVERY = 10
"""So often (steps) the record has the load that is observed, to tell that a replay is on course."""

RULES = ("reconnection", "recovery", "remedy", "plan", "redispatching")
"""Which have to occur somewhere."""

QUIET_ENTRY = {"rule": "nothing", "choice": "do nothing", "lines": [], "redispatched_mw": 0.0}
"""The entry of a step without any action, simulation or warning: a record leaves it out."""

PLAYABLE, ILLEGAL, GAME_OVER = ".", "i", "x"
"""What a simulated candidate is, in a record: game over, else illegal, else playable."""

PARTS = {
    "set_bus": int,
    "line_set_status": int,
    "redispatch": np.float32,
    "storage_p": float,
    "curtail": float,
}
"""grid2op's names of the parts of an action, with the kind of their values."""

TOPOLOGY = {"set_bus", "line_set_status"}

UNTOUCHED = {"curtail": -1.0}
"""The value of an element that an action leaves as it is, where it is not 0."""

WARNINGS = ("raise_alarm", "raise_alert")
"""grid2op's names of warnings: numbers of areas, and of lines among those with alerts."""


@dataclass(frozen=True)
class Episode:
    """What a shipped agent plays.

    Attributes
    ----------
    agent:
        ``<environment>/<name>`` of a shipped agent.
    scenario:
        Name of a scenario that is bundled with grid2op.
    seed:
        Of the environment and its opponent.
    steps:
        How many are played at most.
    limits:
        Factor of the thermal limits: below 1, the grid is more loaded.
    mix:
        Number of the mix, where the environment has several.
    outages:
        At every so many steps a line is opened, one after the other, unless the agent changes the
        topology then; 0: at none. Where no opponent does, there is nothing to reconnect.
    """

    agent: str
    scenario: str
    seed: int
    steps: int
    limits: float = 1.0
    mix: int = 0
    outages: int = 0

    @property
    def path(self) -> Path:
        """The record of the episode."""
        return FOLDER / f"{self.agent.replace('/', '-')}.json.gz"


EPISODES = (
    Episode("l2rpn_case14_sandbox/powrl", "0002", 0, 500, limits=0.8, outages=40),
    Episode("l2rpn_icaps_2021/search", "Scenario_august_21_wk1", 2, 287, limits=0.65),
    Episode("l2rpn_idf_2023/search", "2035-08-20_0", 2, 120, limits=0.75),
    Episode("l2rpn_neurips_2020_track1/powrl", "Scenario_february_dummy", 2, 300, limits=0.75),
    Episode("l2rpn_neurips_2020_track1/search", "Scenario_february_dummy", 2, 300, limits=0.7),
    Episode("l2rpn_neurips_2020_track2/search", "001", 1, 120, limits=0.8, mix=1, outages=20),
    Episode("l2rpn_wcci_2020/powrl", "Scenario_april_000", 0, 500, limits=0.8, outages=140),
    Episode("l2rpn_wcci_2020/search", "Scenario_april_000", 1, 500, limits=0.8, outages=150),
    Episode("l2rpn_wcci_2022/powrl", "2050-02-14_0", 0, 80, limits=0.85, outages=20),
    Episode("l2rpn_wcci_2022/search", "2050-02-14_0", 0, 80, outages=20),
    Episode("rte_case14_realistic/powrl", "000", 0, 400, limits=0.8, outages=40),
)


class Play:
    """An episode under way: the agent is asked at each step, and any action is played.

    Attributes
    ----------
    observation:
        The present one.
    done:
        Whether the episode is over.
    """

    def __init__(self, environment: Any, episode: Episode) -> None:
        limits = environment.get_thermal_limit() * np.float32(episode.limits)
        environment.set_thermal_limit(limits)
        self._environment = environment
        self._decisions: list[Any] = []
        self._agent = load_agent(shipped_agents()[episode.agent], environment)
        self._agent.on_decision = lambda _, decision: self._decisions.append(decision)
        self._outages, self._step = episode.outages, 0
        self.observation = start_episode(environment, episode.scenario, episode.seed)
        self.done = False

    @property
    def max_rho(self) -> float:
        """The observed load of the most loaded line."""
        return round(float(np.max(self.observation.rho)), 5)

    def ask(self) -> dict[str, Any]:
        """What the agent decides now, as an entry of a record."""
        self._decisions.clear()
        action = self._agent.act(self.observation, 0.0)
        if self._agent.failed_decisions:
            raise RuntimeError("a decision or a warning of the agent failed; see the log.")
        (decision,) = self._decisions
        entry = {
            "rule": decision.rule,
            "choice": decision.choice,
            "lines": [int(line) for line in decision.lines],
            "redispatched_mw": decision.redispatched_mw,
            **_action_entry(action),
            **_candidates_entry(decision.candidates),
        }
        if not np.array_equal(self._action_of(entry).to_vect(), action.to_vect()):
            raise RuntimeError("the action has a part that the record does not know.")
        return entry

    def play(self, entry: dict[str, Any]) -> None:
        """Play the action of an entry, with the outage of this step, if any."""
        action = self._action_of(entry)
        self._step += 1
        if self._outages and self._step % self._outages == 0 and not TOPOLOGY & set(entry):
            line = (self._step // self._outages - 1) % action.n_line
            action.line_set_status = [(line, -1)]
        self.observation, _, self.done, _ = self._environment.step(action)

    def _action_of(self, entry: dict[str, Any]) -> Any:
        action = self._environment.action_space()
        for name, kind in PARTS.items():
            if name in entry:
                vector = np.full_like(getattr(action, name), UNTOUCHED.get(name, 0))
                positions, values = entry[name]
                vector[positions] = np.asarray(values, dtype=kind)
                setattr(action, name, vector)
        for name in WARNINGS:
            if name in entry:
                setattr(action, name, entry[name])
        return action


def _action_entry(action: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name, kind in PARTS.items():
        vector = np.asarray(getattr(action, name))
        positions = np.flatnonzero(vector != UNTOUCHED.get(name, 0))
        # the shortest decimals that give the same float32 again
        as_number = int if kind is int else lambda value: float(str(value))
        entry[name] = [positions.tolist(), [as_number(value) for value in vector[positions]]]
    for name in WARNINGS:
        entry[name] = np.flatnonzero(getattr(action, name, ())).tolist()
    return {name: value for name, value in entry.items() if (value[0] if name in PARTS else value)}


def _candidates_entry(candidates: tuple[Any, ...]) -> dict[str, Any]:
    if not candidates:
        return {}
    outcomes = [candidate.outcome for candidate in candidates]
    labels = "\n".join(candidate.label for candidate in candidates)
    loads = [float(outcome.max_rho) for outcome in outcomes]
    return {
        "loads": [round(load, 4) if math.isfinite(load) else None for load in loads],
        "kinds": "".join(
            GAME_OVER if outcome.game_over else PLAYABLE if outcome.legal else ILLEGAL
            for outcome in outcomes
        ),
        "labels": hashlib.sha256(labels.encode()).hexdigest()[:8],
    }


@contextmanager
def started(episode: Episode) -> Iterator[Play]:
    """The episode at its first step; its environment is closed with the context."""
    name = AgentSettings.load(shipped_agents()[episode.agent]).environment
    environment = open_environment(single_mixes(Scenarios(name))[episode.mix])
    try:
        yield Play(environment, episode)
    finally:
        environment.close()


def record(episode: Episode) -> dict[str, Any]:
    """Play an episode; the body of its record.

    It has the entries of all steps but the quiet ones, each after the number of its step.
    """
    entries, loads, step = [], [], 0
    with started(episode) as play:
        while step < episode.steps and not play.done:
            if step % LOAD_EVERY == 0:
                loads.append(play.max_rho)
            entry = play.ask()
            if entry != QUIET_ENTRY:
                entries.append([step, entry])
            play.play(entry)
            step += 1
    return {
        "format": FORMAT,
        "versions": {name: version(name) for name in ("grid2op", "lightsim2grid")},
        "episode": asdict(episode),
        "steps": step,
        "loads": loads,
        "entries": entries,
    }


def save(body: dict[str, Any], path: Path) -> None:
    """Write a record; the same body gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as file:
        file.write(json.dumps(body, separators=(",", ":")).encode())
    path.write_bytes(buffer.getvalue())


def load(path: Path) -> dict[str, Any]:
    """Read a record."""
    body: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    if body["format"] != FORMAT:
        raise ValueError(f"{path} is no {FORMAT!r}; record it anew.")
    return body


def summary(body: dict[str, Any]) -> dict[str, int]:
    """How often each rule occurs in a record, and other things that it should have."""
    entries = [entry for _, entry in body["entries"]]
    counts = Counter(entry["rule"] for entry in entries)
    return {
        "steps": body["steps"],
        **{rule: counts[rule] for rule in RULES},
        "moves": sum("redispatch" in entry for entry in entries),
        "alarms": sum("raise_alarm" in entry for entry in entries),
        "alerts": sum("raise_alert" in entry for entry in entries),
        "simulated": sum(len(entry.get("loads", ())) for entry in entries),
    }


def main(agents: list[str]) -> None:
    """Record the episodes of these agents, or all, and write a table of what they have."""
    unknown = set(agents) - {episode.agent for episode in EPISODES}
    if unknown:
        raise SystemExit(f"there is no episode of {', '.join(sorted(unknown))}.")
    for episode in EPISODES:
        if agents and episode.agent not in agents:
            continue
        start = time.perf_counter()
        body = record(episode)
        seconds = time.perf_counter() - start
        save(body, episode.path)
        cells = [f"{name} {count}" for name, count in summary(body).items()]
        size = episode.path.stat().st_size / 1000
        line = f"{episode.agent}: {', '.join(cells)}, {size:.1f} kB, {seconds:.0f} s"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
