"""Plug-ins of all kinds: trained with, resumed with, carried by the agent; wrong ones refused."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

from powrl.configuration.loading import load_configuration
from powrl.configuration.plugins import ALGORITHM_METHODS
from powrl.environments.opening import Scenarios, open_environment
from powrl.learning.algorithms.base import Algorithm
from powrl.learning.requirements import require_usable
from powrl.learning.teacher import lessons_digest
from powrl.learning.training import resume_training, train_configuration
from powrl.player.agent import load_agent
from powrl.player.errors import PowrlError
from powrl.player.plugins import load_plugin
from powrl.submission.package import package_agent
from powrl.workspace.shipped import shipped_configurations
from tests.learning.test_training import QUICK, curve_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"
PLUGINS = [
    "observation=[line_load, 'my_features:shares']",
    "reward.function=my_rewards:spare_capacity",
    "training.algorithm=my_algorithm:Bandit",
    "training.algorithm_settings={epsilon: 0.5}",
    "training.callbacks=['my_callbacks:Collect']",
    "training.timesteps=60",
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a configuration with the examples beside it; the current folder is another."""
    folder = tmp_path / "home"
    shutil.copytree(EXAMPLES, folder)
    shutil.copy(shipped_configurations()["case14"], folder / "mine.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return folder


def test_a_training_with_plug_ins_of_all_kinds(home, tmp_path):
    rows: list[dict] = []
    run = tmp_path / "run"
    agent = train_configuration(
        home / "mine.yaml", run, [*QUICK, *PLUGINS], jobs=2, on_row=rows.append
    )
    curve = curve_of(run)
    untimed = [{key: value for key, value in row.items() if key != "fps"} for row in rows]
    assert untimed == curve
    assert (run / "rows.txt").read_text() == f"{len(rows)}\n"
    assert load_plugin("my_callbacks:ROWS", [run / "plugins"]) == rows
    assert {path.name for path in (run / "plugins").iterdir() if path.suffix} == {
        *("my_features.py", "my_rewards.py", "my_algorithm.py", "my_callbacks.py")
    }
    shutil.rmtree(home)
    resume_training(run, ["training.timesteps=120"])
    assert curve_of(run)[: len(rows)] == curve
    assert curve_of(run)[-1]["timesteps"] >= 120
    _require_it_travels(agent, tmp_path)


SERVER = """
import grid2op, submission, sys
environment = grid2op.make("l2rpn_case14_sandbox", test=True)
agent = submission.make_agent(environment, "submission")
agent.decide(environment.reset())
assert abs(agent.features(environment.get_obs())[environment.n_line:].sum() - 1) < 1e-5
assert "powrl" not in sys.modules
"""
"""A server that plays a zip, without powrl."""


def _require_it_travels(agent: Path, tmp_path: Path) -> None:
    environment = open_environment(Scenarios("l2rpn_case14_sandbox"))
    loaded = load_agent(agent, environment)
    features = loaded.features(environment.get_obs())
    environment.close()
    shares = features[environment.n_line :]
    assert len(shares) == environment.n_gen
    assert shares.sum() == pytest.approx(1)
    archive = package_agent(agent, tmp_path / "a.zip")
    with zipfile.ZipFile(archive) as file:
        carried = [name for name in file.namelist() if "/plugins/" in name]
        file.extractall(tmp_path / "unpacked")
    assert carried == ["submission/agent/plugins/my_features.py"]
    ended = subprocess.run(
        [sys.executable, "-c", SERVER], cwd=tmp_path / "unpacked", capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()


@pytest.mark.parametrize(
    ("override", "source", "message"),
    [
        ("observation=['bad:missing']", "", "the module has no 'missing'"),
        ("observation=['worse:a']", "", r"observation: .*there is no module 'worse'"),
        ("observation=['bad:a']", "1 / 0", "cannot be imported: ZeroDivisionError"),
        ("observation=['bad:a']", "exit(0)", "cannot be imported: SystemExit: 0"),
        (
            "training.callbacks=['bad:A']",
            "class A:\n    def __init__(self): exit(0)\n    def on_row(self, r): 0",
            "bad:A raises SystemExit as it is constructed: 0",
        ),
        ("observation=['bad:a']", "a = 3", r"bad:a has to be a function of \(observation\)"),
        ("observation=['bad:a']", "def a(): pass", "too many positional arguments"),
        ("reward.function=bad:a", "def a(x): pass", r"function of \(observation, game_over"),
        ("reward.function=bad", "", "'bad' was given, allowed: module:name"),
        ("training.algorithm=bad:A", "A = 3", "bad:A has to be a class"),
        (
            "training.algorithm=bad:A",
            "class A: pass",
            "lacks the methods learn, .* derive",
        ),
        (
            "training.algorithm=bad:A",
            "from powrl.learning.algorithms.base import Algorithm\n"
            "class A(Algorithm):\n    def learn(self, t, seed): pass",
            "bad:A lacks the methods policy, restore, state",
        ),
        ("training.algorithm=qdn", "", "one of maskable_ppo, ppo, a2c, dqn, or a class"),
        ("training.network=bad:a", "def a(x): pass", r"function of \(n_features, n_actions\)"),
        ("training.callbacks=['bad:A']", "class A: pass", "the methods on_start, on_row, on_end"),
        (
            "training.callbacks=['bad:A']",
            "class A:\n    def __init__(self): raise ValueError('no')\n    def on_row(self, r): 0",
            "bad:A raises ValueError as it is constructed: no",
        ),
    ],
)
def test_what_is_no_plug_in_is_refused_when_it_is_read(home, override, source, message):
    (home / "bad.py").write_text(source)
    with pytest.raises(PowrlError, match=message):
        load_configuration(home / "mine.yaml", [override])


FAILING = """
from .my_algorithm import Bandit
class A(Bandit):
    def state(self): raise ValueError("no")
"""
OPPONENT = """
class A:
    def __init__(self, grid, seed): self.remaining = 5
    def next(self, line_status, rho): raise ValueError('no')
    def copy(self): return self
"""
RULE = """
from powrl import Phase, Rule
class A(Rule):
    name = "a"
    phase = Phase.ALWAYS
    @classmethod
    def create(cls, grid, simulator, settings): return cls(grid, simulator, settings)
    def apply(self, situation, decision): raise ValueError('no')
"""
ALGORITHM = """
from powrl.learning.algorithms.base import Algorithm
class A(Algorithm):
    def __init__(self, spaces, settings):
        raise ValueError("no")
    def learn(self, trajectories, seed): pass
    def policy(self): pass
    def state(self): return {}
    def restore(self, state): pass
"""


@pytest.mark.parametrize(
    ("overrides", "source", "message"),
    [
        (["observation=['bad:a']"], "def a(o): return o.nothing", "bad:a raised AttributeError"),
        (["observation=['bad:a']"], "def a(o): exit(0)", "bad:a raised SystemExit: 0"),
        (["observation=['bad:a']"], "def a(o): return [float('nan')]", "bad:a returned a value"),
        (["training.algorithm=bad:A"], ALGORITHM, "bad:A raises ValueError as it is constructed"),
        (
            ["training.algorithm=bad:A"],
            ALGORITHM.replace('raise ValueError("no")', "pass"),
            "bad:A gives NoneType as its policy; return a powrl.player",
        ),
        (
            ["training.algorithm=bad:A"],
            ALGORITHM.replace('raise ValueError("no")', "self.timesteps = None"),
            "bad:A has no number of timesteps",
        ),
        (
            ["training.algorithm=my_algorithm:Bandit", "imitation.episodes=2"],
            "",
            "my_algorithm:Bandit cannot imitate; set imitation.episodes: 0",
        ),
        (
            ["training.algorithm_settings={vf_coeff: 1}"],
            "",
            r"algorithm_settings\.vf_coeff: unknown key, did you mean 'vf_coef'",
        ),
        (
            ["training.network=bad:a"],
            "import torch\ndef a(n, m): return torch.nn.Linear(n, 3)",
            "ranks 3 actions, needed are",
        ),
        (
            ["training.network=bad:a"],
            "import torch\ndef a(n, m): return torch.nn.Sequential(torch.nn.Linear(n, m), "
            "torch.nn.Sigmoid())",
            "bad:a has Linear, Sigmoid; an agent can carry",
        ),
        (["training.network=bad:a"], "def a(n, m): 1 / 0", "bad:a raised ZeroDivisionError"),
        (
            ["overload={'bad:A': {}}"],
            RULE.replace("return cls(grid, simulator, settings)", "raise ValueError('no')"),
            "the rule A cannot be made: ValueError: no",
        ),
        (
            ["training.opponent=bad:A"],
            OPPONENT.replace("self.remaining = 5", "raise ValueError('no')"),
            "the opponent bad:A raised ValueError: no",
        ),
    ],
)
def test_what_cannot_be_trained_with_is_refused_before(home, overrides, source, message):
    (home / "bad.py").write_text(source)
    with pytest.raises(PowrlError, match=message):
        require_usable(load_configuration(home / "mine.yaml", overrides))


@pytest.mark.parametrize(
    ("override", "source", "message"),
    [
        (
            "observation=['bad:a']",
            "n = [0]\ndef a(o):\n    n[0] += 1\n    return [0.0] * (1 + n[0] // 4)",
            "the feature bad:a changed its size from 1 to 2",
        ),
        ("reward.function=bad:a", "def a(o, g, s): return 'much'", "reward bad:a raised ValueErr"),
        ("reward.function=bad:a", "def a(o, g, s): return 1e999", "reward bad:a returned inf"),
        ("training.callbacks=['bad:a']", "def a(row): 1 / 0", "callback bad:a raised ZeroDiv"),
        ("training.algorithm=bad:A", FAILING, "algorithm: state of bad:A raised ValueError: no"),
        ("training.opponent=bad:A", OPPONENT, "the opponent bad:A raised ValueError: no"),
        (
            "training.opponent=bad:A",
            OPPONENT.replace("raise ValueError('no')", "return [99]"),
            r"the opponent bad:A attacks \(99,\); return numbers of lines from 0 to 19",
        ),
        ("overload={'bad:A': {}}", RULE, "the rule bad:A raised ValueError: no"),
        (
            "overload={'bad:A': {}}",
            RULE.replace("raise ValueError('no')", "return None"),
            "the rule bad:A returned a NoneType; return the decision, or another one",
        ),
    ],
)
def test_what_goes_wrong_in_a_training_is_named(home, tmp_path, override, source, message):
    (home / "bad.py").write_text(source)
    with pytest.raises(PowrlError, match=message):
        train_configuration(home / "mine.yaml", tmp_path / "run", [*QUICK, override], jobs=1)


def test_the_reading_knows_all_methods_of_an_algorithm():
    methods = {name for name in vars(Algorithm) if not name.startswith("_")} - {"timesteps"}
    assert set(ALGORITHM_METHODS) == methods


def test_helpers_of_a_plug_in_travel_with_it(home, tmp_path):
    (home / "features.py").write_text(
        "from .tools.sums import total\ndef a(observation): return [total(observation)]\n"
    )
    (home / "tools").mkdir()
    (home / "tools" / "__init__.py").write_text("")
    (home / "tools" / "sums.py").write_text("def total(o): return o.load_p.sum()\n")
    overrides = [*QUICK, "observation=['features:a']", "training.timesteps=1"]
    agent = train_configuration(home / "mine.yaml", tmp_path / "run", overrides, jobs=1)
    archive = package_agent(agent, tmp_path / "a.zip")
    with zipfile.ZipFile(archive) as file:
        carried = [name.partition("plugins/")[2] for name in file.namelist() if "plugins/" in name]
    assert carried == ["features.py", "tools/__init__.py", "tools/sums.py"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import torch", r"my_features\.py imports torch, which a server does not have"),
        ("from powrl.learning import returns", "imports powrl.learning.returns, which a server"),
        ("from .missing import a", r"imports \.missing, which a server does not have"),
        ("match 1:\n    case 1: pass", r"is no Python 3\.8"),
    ],
)
def test_a_plug_in_that_no_server_can_run_is_not_packaged(agent_with_plugin, source, message):
    folder, tmp_path = agent_with_plugin
    path = folder / "plugins" / "my_features.py"
    path.write_text(f"{path.read_text()}\ndef unused():\n    " + source.replace("\n", "\n    "))
    with pytest.raises(PowrlError, match=message):
        package_agent(folder, tmp_path / "a.zip")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    shutil.copy(shipped_configurations()["case14"], folder / "mine.yaml")
    overrides = [*QUICK, PLUGINS[0], "training.timesteps=1"]
    return train_configuration(folder / "mine.yaml", folder / "run", overrides, jobs=1)


@pytest.fixture
def agent_with_plugin(trained, tmp_path) -> tuple[Path, Path]:
    return Path(shutil.copytree(trained, tmp_path / "agent")), tmp_path


def test_an_installed_plug_in_is_not_packaged(agent_with_plugin, monkeypatch):
    folder, tmp_path = agent_with_plugin
    (folder / "plugins" / "my_features.py").unlink()
    monkeypatch.syspath_prepend(str(EXAMPLES))
    with pytest.raises(PowrlError, match="my_features:shares lies outside the agent"):
        package_agent(folder, tmp_path / "a.zip")


def test_lessons_depend_on_the_files_of_features_and_reward(home):
    overrides = [PLUGINS[0], PLUGINS[1]]
    before = lessons_digest(load_configuration(home / "mine.yaml", overrides))
    assert lessons_digest(load_configuration(home / "mine.yaml", overrides)) == before
    with (home / "my_rewards.py").open("a") as file:
        file.write("# another one\n")
    assert lessons_digest(load_configuration(home / "mine.yaml", overrides)) != before
