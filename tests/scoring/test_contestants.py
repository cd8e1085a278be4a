from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.errors import PowrlError
from powrl.scoring.contestants import third_party
from powrl.scoring.contestants.base import Contestant
from powrl.scoring.contestants.own import BASELINES
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.planning import plan_contest
from powrl.scoring.play import play_contest
from powrl.scoring.results import EpisodeScore
from powrl.submission.package import package_agent
from tests.agents import make_agent_folder
from tests.submission.zips import acting, write_zip

NEURIPS = "l2rpn_neurips_2020_track1"
SCENARIOS = Scenarios(NEURIPS, names="Scenario_february_dummy")
FOREIGN = "tests.scoring.foreign"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", NEURIPS)


def scores_of(
    *texts: str, steps: int = 12, log_folder: Path | None = None
) -> dict[str, EpisodeScore]:
    """Score of each contestant but the baselines, by name, without its times; no failure."""
    contest = plan_contest(SCENARIOS, parse_contestants(texts), (1,), steps)
    contest = replace(contest, contestants=contest.contestants[: len(texts)])
    episodes = play_contest(contest, 1, lambda: None, lambda _: None, log_folder=log_folder)
    for episode in episodes:
        if episode.failure:
            raise PowrlError(episode.failure)
    same = {"agent": "", "seconds_per_decision": 0.0, "slowest_decision": 0.0}
    return {episode.agent: replace(episode, **same) for episode in episodes}


def test_the_zip_of_an_agent_scores_like_its_folder(agent: Path, tmp_path: Path) -> None:
    zipped = package_agent(agent, tmp_path / "mine.zip")
    logs = tmp_path / "logs"
    logs.mkdir()
    texts = (str(agent), str(zipped), f"{FOREIGN}:make_idle")
    scores = scores_of(*texts, steps=100, log_folder=logs)
    assert list(scores) == ["mine", "mine.zip", f"{FOREIGN}:make_idle"]
    assert scores["mine"] == scores["mine.zip"]
    assert scores["mine"].score != scores[f"{FOREIGN}:make_idle"].score
    of_folder, of_the_zip = (logs / f"decisions-{name}.jsonl" for name in ("mine", "mine.zip"))
    assert sorted(logs.iterdir()) == [of_folder, of_the_zip]
    assert of_folder.read_bytes() == of_the_zip.read_bytes() != b""


def test_modules_of_one_zip_are_not_those_of_the_next(tmp_path: Path) -> None:
    source = (
        "from .part import Agent\n"
        "def make_agent(env, folder):\n"
        "    return Agent(env.action_space)\n"
    )
    zips = [
        write_zip(tmp_path / f"{name}.zip", source, **{"part.py": acting(line)})
        for name, line in (
            ("idle", "return self.action_space()"),
            ("opener", 'return self.action_space({"set_line_status": [(2 * self.steps, -1)]})'),
        )
    ]
    scores = scores_of(*map(str, zips))
    assert scores["idle.zip"].steps == 12
    assert scores["opener.zip"].steps < 12
    assert not [name for name in sys.modules if name.split(".")[0] == "submission"]
    assert not [place for place in sys.path if "powrl-score" in place]


def test_a_submission_has_the_rewards_that_it_asks_for(tmp_path: Path) -> None:
    source = acting("assert self.steps == 1 or reward == 7.0, reward", "return self.action_space()")
    reward = (
        "from grid2op.Reward import BaseReward\n"
        "class reward(BaseReward):\n"
        "    def __call__(self, *arguments):\n"
        "        return 7.0\n"
    )
    scores = scores_of(str(write_zip(tmp_path / "A.ZIP", source + reward)), steps=5)
    assert scores["A.ZIP"].steps == 5


def test_a_module_has_the_rewards_that_it_asks_for() -> None:
    text = "tests.scoring.rewarded:make_agent"
    assert scores_of(text, steps=5)[text].steps == 5


def test_greedy_plays_an_action_file_and_tells_why(agent: Path) -> None:
    text = f"greedy:{agent / 'actions.json'}"
    (contestant, *_) = parse_contestants([text])
    assert (contestant.source, contestant.tells_decisions) == (text, True)
    assert contestant.name == "greedy:actions.json"
    scores = scores_of(text, f"{FOREIGN}:make_idle", steps=100)
    assert scores["greedy:actions.json"] != scores[f"{FOREIGN}:make_idle"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{FOREIGN}:make_failing", "make_failing failed: KeyError: 'no such line'"),
        (f"{FOREIGN}:make_broken", r"make_broken failed: OSError: no weights \(foreign.py, line"),
        (f"{FOREIGN}:make_nothing", "make_agent returned a str"),
        (f"{FOREIGN}:nowhere", "has no function 'nowhere'"),
        ("no_such_module:make_agent", "no module 'no_such_module'"),
        ("no_such.module:make_agent", "no module 'no_such'"),
        ("my_agent.py:make_agent", "names a file; name its module: my_agent:make_agent"),
        ("tests.no_such:make_agent", "failed: ModuleNotFoundError"),
        ("greedy:nowhere.json", "no action file"),
        ("nowhere.zip", "there is no zip nowhere.zip"),
        ("nowhere", "there is no agent 'nowhere'"),
    ],
)
def test_what_cannot_play_is_named(text: str, message: str) -> None:
    with pytest.raises(PowrlError, match=message):
        scores_of(text)


def test_a_zip_that_cannot_play_is_named(tmp_path: Path) -> None:
    broken = write_zip(tmp_path / "broken.zip", "import nothing_of_that_name")
    with pytest.raises(PowrlError, match=r"broken.zip failed: ModuleNotFoundError"):
        scores_of(str(broken))
    (tmp_path / "damaged.zip").write_bytes(b"PK")
    with pytest.raises(PowrlError, match=r"damaged.zip is no zip"):
        scores_of(str(tmp_path / "damaged.zip"))


def environments(contestants: tuple[Contestant, ...]) -> list[Any]:
    return [contestant.environment for contestant in contestants[: -len(BASELINES)]]


def test_some_say_which_environment_they_are_for(agent: Path, tmp_path: Path) -> None:
    zipped = package_agent(agent, tmp_path / "mine.zip")
    other = write_zip(tmp_path / "other.zip")
    texts = [str(agent), str(zipped), str(other), f"{FOREIGN}:make_idle"]
    assert environments(parse_contestants(texts)) == [NEURIPS, NEURIPS, None, None]


def test_code_beside_a_zip_is_not_that_of_the_next_one_or_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import os, sys\n"
        "sys.path.append(os.path.dirname(__file__))\n"
        "import helper\n"
        "def make_agent(env, folder):\n"
        "    return helper.Agent(env.action_space)\n"
    )
    lines = {
        "idle": "return self.action_space()",
        "opener": 'return self.action_space({"set_line_status": [(2 * self.steps, -1)]})',
    }
    zips = [
        str(write_zip(tmp_path / f"{name}.zip", source, **{"helper.py": acting(line)}))
        for name, line in lines.items()
    ]
    kit = tmp_path / "kit" / "submission"
    kit.mkdir(parents=True)
    (kit / "__init__.py").write_text(acting(lines["opener"]), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "kit")
    before = list(sys.path)
    scores = scores_of("submission:make_agent", *zips)
    assert scores["idle.zip"].steps == 12
    assert scores["opener.zip"].steps == scores["submission:make_agent"].steps < 12
    assert sys.path == before
    assert not {"helper", "submission"} & set(sys.modules)


EXITING_REWARD = """
import os
from grid2op.Reward import BaseReward
class reward(BaseReward):
    calls = 0
    def __call__(self, *arguments):
        reward.calls += 1
        if reward.calls > 3:
            os._exit(4)
        return 0.0
"""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (acting("return None"), "act returned a NoneType"),
        (acting("raise SystemExit(3)"), f"SystemExit: 3 .*, in the scenario {SCENARIOS.names}"),
        (
            acting("import os", "os._exit(3)"),
            r"a.zip failed: SystemExit: 3 \(__init__.py, line 10,",
        ),
        ("import os\nos._exit(3)", r"a.zip failed: SystemExit: 3 \(__init__.py, line 2\)"),
        (
            acting("return self.action_space()") + EXITING_REWARD,
            "SystemExit: 4 .*, in the scenario",
        ),
        (acting("raise ValueError('one\\ntwo')"), r"ValueError: one two \(__init__.py"),
        (acting("return self.action_space()") + "reward = 7\n", "the rewards of .* cannot be"),
        (
            acting("return self.action_space()").replace(
                "    steps = 0", "    steps = 0\n    def __init__(self, _): pass"
            ),
            "AttributeError.*action_space",
        ),
    ],
)
def test_what_a_submission_does_wrong_ends_in_a_sentence(
    tmp_path: Path, source: str, message: str
) -> None:
    with pytest.raises(PowrlError, match=message):
        scores_of(str(write_zip(tmp_path / "a.zip", source)), steps=3)


def test_a_process_that_a_submission_forks_may_exit(tmp_path: Path) -> None:
    source = acting(
        "import os",
        "child = os.fork()",
        "if not child: os._exit(7)",
        "assert os.waitpid(child, 0)[1] == 7 << 8",
        "return self.action_space()",
    )
    assert scores_of(str(write_zip(tmp_path / "a.zip", source)), steps=3)["a.zip"].steps == 3


def test_a_submission_may_import_torch_change_its_folder_and_its_path(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    source = "import torch, sys\nsys.path.pop(0)\n" + acting(
        "import os; os.chdir('/')", "return self.action_space()"
    )
    folder = Path.cwd()
    assert scores_of(str(write_zip(tmp_path / "a.zip", source)), steps=3)["a.zip"].steps == 3
    assert Path.cwd() == folder


def test_a_package_is_digested_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "__init__.py").write_text("from .core import make_agent", encoding="utf-8")
    (tmp_path / "kit" / "core.py").write_text(acting("return None"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (contestant, *_) = parse_contestants(["kit:make_agent"])
    assert contestant.parts == (tmp_path / "kit",)


def test_a_module_is_digested_with_what_it_imports_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, source in {"mine": "import json, helper", "helper": "", "json": "", "x": ""}.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (contestant, *_) = parse_contestants(["mine:make_agent"])
    assert contestant.parts == tuple(tmp_path / f"{name}.py" for name in ("helper", "json", "mine"))
    (tmp_path / "helper.py").write_text("def", encoding="utf-8")
    with pytest.raises(PowrlError, match=r"make_agent failed: SyntaxError.*helper\.py, line 1"):
        contestant.parts  # noqa: B018


def test_an_installed_module_is_digested_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("import numpy", encoding="utf-8")
    (tmp_path / "numpy.py").touch()
    monkeypatch.setattr(third_party, "_INSTALLED", {str(tmp_path)})
    monkeypatch.chdir(tmp_path)
    (contestant, *_) = parse_contestants(["mine:make_agent"])
    assert contestant.parts == (tmp_path / "mine.py",)


def test_settings_of_an_agent_are_changed_for_one_contestant(agent: Path) -> None:
    variant = f"{agent}[plan=false, candidates=3]"
    plain, changed, *_ = parse_contestants([str(agent), variant])
    assert (plain.name, changed.name) == ("mine", "mine[plan=false,candidates=3]")
    assert changed.source == f"{agent}[plan=false,candidates=3]"
    assert parse_contestants([changed.source])[0].source == changed.source
    with closing(open_environment(SCENARIOS)) as environment:
        for contestant, plan, candidates in ((plain, True, 40), (changed, False, 3)):
            with contestant.open(SCENARIOS, Path("none")) as ready:
                overload = ready.make(environment).settings.overload
                assert (overload.plan, overload.candidates) == (plan, candidates)


def test_common_settings_give_way_to_those_in_brackets(agent: Path) -> None:
    texts = [str(agent), f"{agent}[candidates=3]"]
    names = [
        contestant.name for contestant in parse_contestants(texts, {"candidates": 5, "plan": False})
    ]
    assert names[:2] == ["mine[candidates=5,plan=false]", "mine[candidates=3,plan=false]"]


def test_names_can_be_given(agent: Path) -> None:
    texts = [f"{agent}[candidates={number}]" for number in (1, 2)]
    assert [
        contestant.name for contestant in parse_contestants(texts, None, ["one", "two"])[:2]
    ] == [
        "one",
        "two",
    ]
    for names in (["one", "one"], ["one", "DoNothing"], ["one"]):
        with pytest.raises(PowrlError, match="needs a name of its own"):
            parse_contestants(texts, None, names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AGENT[plam=false]", "plam: unknown key, did you mean 'plan'"),
        ("AGENT[plan]", "'plan' needs the form setting=value"),
        ("AGENT[plan=true,overload.plan=false]", "plan is given twice"),
        (f"{FOREIGN}:make_idle[plan=false]", r"cannot be changed; leave out \[plan=false\]"),
        ("nowhere[plan=false]", "no agent 'nowhere'"),
    ],
)
def test_settings_that_no_agent_has_are_refused(agent: Path, text: str, message: str) -> None:
    with pytest.raises(PowrlError, match=message):
        parse_contestants([text.replace("AGENT", str(agent))])


def test_impossible_settings_are_refused_before_anything_is_played(agent: Path) -> None:
    for setting in ("candidates=0", "plan=maybe", "policy=true"):
        with pytest.raises(PowrlError, match=setting.partition("=")[0]):
            plan_contest(SCENARIOS, parse_contestants([f"{agent}[{setting}]"]), (0,), 1)
