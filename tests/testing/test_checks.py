"""The public conformance tests: they pass what is right, and say what is wrong with the rest."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from grid2op.Agent import BaseAgent, DoNothingAgent

import powrl.testing
from powrl.editions.editions import Edition
from powrl.engines.fast.engine import FastEngine
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.errors import ConfigurationError, PowrlError
from powrl.player.policy.features import Features
from powrl.player.policy.groups import GROUPS
from powrl.testing import check_agent, check_edition, check_engine, check_feature, check_rule
from powrl.testing.surroundings import SMALLEST

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"


@contextmanager
def refused(sentence):
    """A context that ends in an error with a sentence."""
    with pytest.raises((AssertionError, PowrlError), match=sentence) as error:
        yield
    assert str(error.value).endswith(".")


@pytest.mark.parametrize("name", powrl.testing.__all__)
def test_each_check_is_documented_with_an_example(name):
    text = inspect.getdoc(getattr(powrl.testing, name))
    assert all(part in text for part in ("Parameters", "Raises", ">>>"))


def test_all_groups_of_powrl_are_features(case14):
    check_feature(Features(list(GROUPS)), case14, steps=2)


def test_the_example_of_a_feature_is_one(case14):
    check_feature("my_features:shares", case14, folders=[EXAMPLES], steps=1)


def other_at_random(_observation):
    return np.random.default_rng().random(3)


def writes(observation):
    observation.rho[0] += 1.0
    return [0.0]


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (lambda observation: observation.rho / 0.0, "returned a value that is not finite"),
        (lambda _: [], "returns no number; return at least one"),
        (other_at_random, "other_at_random returns other values for the same observation"),
        (writes, "writes writes into its observation .rho.; work on a copy"),
        ("rho", "give one or more of line_load"),
        (
            lambda observation: observation.rho[: 1 + observation.current_step],
            "changed its size from 1 to 2",
        ),
        (lambda observation: observation.nothing, "raised AttributeError: .*nothing"),
        (lambda observation: [float(hasattr(observation, "simulate"))], "the engine fast than on"),
    ],
)
def test_what_is_no_feature_is_refused(case14, feature, sentence):
    engines = ("grid2op", "fast") if "engine" in sentence else ("grid2op",)
    with np.errstate(divide="ignore"), refused(sentence):
        check_feature(feature, case14, engines=engines, steps=2)


def test_the_example_of_a_rule_is_one(case14):
    check_rule("my_rules:Disconnection", {"limit": 0.5}, case14, folders=[EXAMPLES], steps=4)


def test_a_rule_of_powrl_is_one(case14):
    check_rule("powrl.player.rules.plan:Plan", {"plan_depth": 2}, case14, steps=2)


RULE = """
from dataclasses import replace
import random
from powrl import GridAction, Phase, Rule

class Mine(Rule):
    name = "mine"
    phase = Phase.ALWAYS

    def apply(self, situation, decision):
        observation = situation.observation
"""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("        return None", "the rule mine returned None; return `decision`"),
        ("        return replace(decision, choice=str(random.random()))", "decides otherwise when"),
        ("        observation.rho[0] = 2\n        return decision", "writes into its observation"),
        (
            "        self.simulator.evaluate(observation, [decision.action])\n"
            "        return decision",
            "simulates by simulator.evaluate; use situation.simulate",
        ),
        (
            "        action = GridAction.nothing(self.grid.positions)\n"
            "        action.set_line_status[:] = -1\n"
            "        return replace(decision, action=action)",
            "the rule mine chose 'do nothing', which is illegal or ambiguous in step 0",
        ),
        ("        import torch\n        return decision", "imports torch, which a server does not"),
    ],
)
def test_what_is_no_rule_is_refused(case14, tmp_path, body, sentence):
    (tmp_path / "mine.py").write_text(RULE + body + "\n", encoding="utf-8")
    with refused(sentence):
        check_rule("mine:Mine", environment=case14, folders=[tmp_path], steps=1)


def test_a_warning_leaves_the_grid_alone(case14, tmp_path):
    text = RULE.replace("ALWAYS", "WARNING")
    body = (
        "        action = GridAction.nothing(self.grid.positions)\n"
        "        action.set_line_status[0] = -1\n"
        "        return replace(decision, action=action)\n"
    )
    (tmp_path / "mine.py").write_text(text + body, encoding="utf-8")
    with refused("of the phase WARNING changes the grid"):
        check_rule("mine:Mine", environment=case14, folders=[tmp_path], steps=2)


def test_a_rule_that_is_off_is_told(case14):
    with refused("is off or cannot be had on this environment"):
        check_rule("powrl.player.rules.plan:Plan", {"plan": False}, case14)


def test_a_shipped_agent_passes_and_so_does_its_zip():
    check_agent("rte_case14_realistic/powrl", steps=3)


class Opener(BaseAgent):
    """Opens a line again and again."""

    def act(self, observation, reward, done=False):
        del observation, reward, done
        return self.action_space({"set_line_status": [(3, -1), (4, -1)]})


class Forgetful(DoNothingAgent):
    """Opens a line in its second episode."""

    episodes = 0

    def reset(self, obs):
        del obs
        self.episodes += 1

    def act(self, observation, reward, done=False):
        if self.episodes > 1:
            return self.action_space({"set_line_status": [(3, -1)]})
        return super().act(observation, reward, done)


class Writer(DoNothingAgent):
    """Writes into its observation."""

    def act(self, observation, reward, done=False):
        observation.rho[0] = 2.0
        return super().act(observation, reward, done)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda environment: Opener(environment.action_space), "step 0 is illegal or ambiguous"),
        (lambda environment: Forgetful(environment.action_space), "acts differently after a reset"),
        (lambda environment: Writer(environment.action_space), "agent writes into its observation"),
        (lambda _: 3, "the agent is a int; derive it from grid2op.Agent.BaseAgent"),
    ],
)
def test_what_is_no_agent_is_refused(make, sentence):
    with refused(sentence):
        check_agent(make, SMALLEST, steps=2)


def test_an_agent_without_an_environment_is_refused():
    with refused("the agent names no environment; give one"):
        check_agent(lambda environment: DoNothingAgent(environment.action_space))


def test_the_fast_engine_passes_and_another_grid_does_not(case14):
    environment = open_environment(Scenarios(SMALLEST))
    engine = FastEngine(environment)
    check_engine(engine, case14, steps=20)
    environment.set_thermal_limit(environment.get_thermal_limit() * 0.9)
    with refused("the engine fast starts differently: .'rho'"):
        check_engine(engine, case14, steps=3)
    engine.close()


def test_an_edition_of_ones_own_passes():
    check_edition(Edition("mine", "My competition", SMALLEST, SMALLEST), steps=3)
    with pytest.raises(ConfigurationError, match="edition: mine: unknown key"):
        check_edition("mine")
