"""The stages, played in this process: opening an environment in a new one takes seconds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from powrl.submission.server_kit import play
from powrl.submission.server_kit.findings import Result
from powrl.submission.unpacking import unpack
from tests.submission.zips import DO_NOTHING, acting, write_zip

ENVIRONMENT = "rte_case5_example"  # the quickest to open
Attempt = Callable[..., dict[str, Any]]


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempt]:
    """Play what a zip holds; the result."""
    root = tmp_path / "root"
    root.mkdir()

    def _attempt(path: Path, **job: Any) -> dict[str, Any]:
        unpack(path, root)
        monkeypatch.syspath_prepend(str(root))
        result = Result(tmp_path / "results.jsonl")
        defaults = {"environment": ENVIRONMENT, "bundled": True, "steps": 4, "scenarios": 1}
        play.attempt({"root": str(root), "seed": 0, "others": [], **defaults, **job}, result)
        lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return dict(json.loads(lines[-1]))

    yield _attempt
    for name in [n for n in sys.modules if n.partition(".")[0] in ("submission", "beside")]:
        del sys.modules[name]


def test_a_good_agent_reaches_the_end(attempt: Attempt, tmp_path: Path) -> None:
    result = attempt(write_zip(tmp_path / "a.zip"), scenarios=2)
    assert (result["stage"], result["failure"]) == ("end", None)
    assert [episode["scenario"] for episode in result["episodes"]] == ["00", "01"]
    assert all(episode["steps"] == 4 for episode in result["episodes"])
    first = result["episodes"][0]
    assert 0 < first["worst_act_seconds"] <= first["act_seconds"]


def test_make_agent_gets_what_the_kits_give(attempt: Attempt, tmp_path: Path) -> None:
    source = DO_NOTHING.replace(
        "    return",
        "    import pathlib\n"
        "    assert type(env.chronics_handler.real_data).__name__ == 'ChangeNothing'\n"
        "    assert type(env._opponent).__name__ == 'BaseOpponent'\n"
        "    assert pathlib.Path(this_directory_path) == pathlib.Path(__file__).parent\n"
        "    return",
    )
    result = attempt(write_zip(tmp_path / "a.zip", source), environment="l2rpn_icaps_2021")
    assert result["failure"] is None


def test_own_rewards_reach_the_environment(attempt: Attempt, tmp_path: Path) -> None:
    source = "from grid2op.Reward import ConstantReward as reward\n" + acting(
        "assert self.steps == 1 or reward == 0.0, reward", "return self.action_space({})"
    )
    assert attempt(write_zip(tmp_path / "a.zip", source))["failure"] is None


def test_every_mix_gets_its_own_agent(attempt: Attempt, tmp_path: Path) -> None:
    result = attempt(
        write_zip(tmp_path / "a.zip"), environment="l2rpn_neurips_2020_track2", steps=1
    )
    assert result["failure"] is None
    assert len(result["episodes"]) == 2


@pytest.mark.parametrize(
    ("source", "stage", "error"),
    [
        ("", "import", "no function make_agent"),
        ("make_agent = 3", "import", "no function make_agent"),
    ],
)
def test_what_is_unusable_is_said_in_words(
    attempt: Attempt, tmp_path: Path, source: str, stage: str, error: str
) -> None:
    result = attempt(write_zip(tmp_path / "a.zip", source))
    assert result["stage"] == stage
    assert error in result["failure"]["error"]
    assert not result["failure"]["traceback"]


def test_illegal_and_ambiguous_actions_are_counted(attempt: Attempt, tmp_path: Path) -> None:
    source = acting(
        "if self.steps == 1:",  # two lines at once are against the rules
        "    return self.action_space({'set_line_status': [(0, -1), (1, -1)]})",
        "action = self.action_space({})",
        "if self.steps in (2, 3):",  # set and change of one line contradict each other
        "    action.line_change_status, action.line_set_status = [2], [(2, 1)]",
        "return action",
    )
    (episode,) = attempt(write_zip(tmp_path / "a.zip", source))["episodes"]
    assert (episode["illegal"], episode["ambiguous"]) == (1, 2)


def test_game_over_ends_the_episode(attempt: Attempt, tmp_path: Path) -> None:
    alone_on_busbar_2 = "{'set_bus': {'loads_id': [(0, 2)]}}"
    source = acting(f"return self.action_space({alone_on_busbar_2})")
    (episode,) = attempt(write_zip(tmp_path / "a.zip", source))["episodes"]
    assert episode["game_over"]
    assert episode["steps"] == 1


def test_grid2op_s_own_power_flow_serves_where_lightsim2grid_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert type(play.backend()).__name__ == "LightSimBackend"
    monkeypatch.setitem(sys.modules, "lightsim2grid", None)
    assert type(play.backend()).__name__ == "PandaPowerBackend"
