"""The public names: all there, documented with an example, and imported when they are asked for."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import powrl
import powrl.testing
from powrl.player import NAMES


@pytest.mark.parametrize("name", powrl.__all__)
def test_each_public_name_can_be_had_and_is_documented(name):
    assert inspect.getdoc(getattr(powrl, name))


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'PowRL'"):
        powrl.PowRL  # noqa: B018


@pytest.mark.parametrize("name", powrl.__all__)
def test_each_public_name_has_an_example(name):
    assert ">>>" in inspect.getdoc(getattr(powrl, name))


AGENT = "rte_case14_realistic/powrl"
WRONG = {
    "compare": lambda: powrl.compare(None),
    "kpis": lambda: powrl.kpis(3),
    "replay": lambda: powrl.replay(None),
    "rescore": lambda: powrl.rescore(1.5),
    "package": lambda: powrl.package(AGENT, 3),
    "check": lambda: powrl.check(None),
    "check steps": lambda: powrl.check("a.zip", steps="many"),
    "check scenarios": lambda: powrl.check("a.zip", scenarios=0),
    "check timeout": lambda: powrl.check("a.zip", timeout=None),
    "check memory": lambda: powrl.check("a.zip", memory=float("nan")),
    "load_agent": lambda: powrl.load_agent(AGENT, None),
    "train": lambda: powrl.train(None),
    "train overrides": lambda: powrl.train("case14", overrides="training.seed=3"),
    "train override": lambda: powrl.train("case14", overrides=[None]),
    "tune": lambda: powrl.tune(3),
    "make": lambda: gymnasium.make("powrl/PowRL-v0", configuration=None),
    "score output": lambda: powrl.score(AGENT, output=3),
    "score settings": lambda: powrl.score(AGENT, settings=3),
    "score simulated": lambda: powrl.score(AGENT, simulated=3),
    "reduce": lambda: powrl.reduce("rte_case14_realistic", output=""),
    "learn_postures": lambda: powrl.learn_postures(AGENT, data="nowhere", output=""),
}


@pytest.mark.parametrize("call", WRONG)
def test_a_value_of_a_wrong_type_is_one_sentence_and_nothing_is_written(
    call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(powrl.ConfigurationError):
        WRONG[call]()
    assert not list(tmp_path.iterdir())


PUBLIC = {
    f"{house.__name__}.{name}": getattr(house, name)
    for house in (powrl, powrl.testing)
    for name in house.__all__
}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_public_function_describes_what_it_takes_returns_and_raises(name):
    text = inspect.getdoc(FUNCTIONS[name])
    signature = inspect.signature(FUNCTIONS[name])
    assert set(signature.parameters) <= described(text)
    assert ("\nReturns\n---" in text) == (signature.return_annotation != "None")
    assert "\nRaises\n---" in text


@pytest.mark.parametrize("name", CLASSES)
def test_each_method_of_a_public_class_describes_what_it_takes(name):
    for method, member in inspect.getmembers(CLASSES[name]):
        if method.startswith("_") or not (inspect.isfunction(member) or inspect.ismethod(member)):
            continue
        if not member.__module__.startswith("powrl."):
            continue  # of a base class of Python
        parameters = set(inspect.signature(member).parameters) - {"self"}
        text = inspect.getdoc(member)
        in_words = {name for name in parameters if re.search(rf"`{name}`", text)}
        assert parameters <= described(text) | in_words, f"{name}.{method}"


def described(text):
    """The names of the entries in the sections of a docstring."""
    entries = re.findall(r"^([*\w, ]+):$", text, re.M)
    return {name.strip(" *") for entry in entries for name in entry.split(",")}


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
