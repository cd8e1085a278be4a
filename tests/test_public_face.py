"""The public names: all there, documented with an example, and imported when they are asked for."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import powrl
from powrl.player import NAMES

FUNCTIONS = (
    *("load_agent", "score", "train", "reduce", "package", "check", "replay"),
    *("compare", "rescore", "tune"),
)


@pytest.mark.parametrize("name", powrl.__all__)
def test_each_public_name_can_be_had_and_is_documented(name):
    assert inspect.getdoc(getattr(powrl, name))


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'PowRL'"):
        powrl.PowRL  # noqa: B018


@pytest.mark.parametrize("name", [*FUNCTIONS, "Rule", "OverloadSettings", "RuleSettings", "Grid"])
def test_functions_and_what_is_subclassed_have_an_example(name):
    assert ">>>" in inspect.getdoc(getattr(powrl, name))


def test_what_plug_ins_use_is_there_in_a_submission_too():
    assert set(NAMES) <= set(powrl.__all__)


def test_importing_powrl_imports_neither_grid2op_nor_torch():
    lines = (
        "import sys, powrl; sys.exit(str({'grid2op', 'torch', 'pandapower'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False
    )
    assert ended.stderr.strip() == "set()"


def test_an_agent_is_loaded_by_its_shipped_name(case14):
    agent = powrl.load_agent("rte_case14_realistic/powrl", case14)
    assert agent.act(case14.get_obs(), 0.0) is not None
    with pytest.raises(powrl.PowrlError, match="there is no agent 'rte_case14_realistic/none'"):
        powrl.load_agent("rte_case14_realistic/none", case14)


def test_an_agent_is_packaged_and_scored_from_python(tmp_path):
    agent = "rte_case14_realistic/powrl"
    zipped = powrl.package(agent, tmp_path / "mine.zip")
    assert zipped.is_file()
    result = powrl.score(
        agent,
        environment="rte_case14_realistic",
        seeds=1,
        max_steps=3,
        jobs=1,
        scenarios="000",
        output=tmp_path / "run",
    )
    assert Path(tmp_path / "run" / "scores.json").is_file()
    assert result is not None
    with pytest.raises(powrl.ConfigurationError, match="edition: none: unknown key"):
        powrl.package(agent, tmp_path / "other.zip", edition="none")
