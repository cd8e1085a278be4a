"""Rules are asked in order, those of plug-ins after powrl's of the same phase."""

import re
from pathlib import Path

import pytest

from powrl.player.rules.order import RULES, in_order
from powrl.player.rules.rule import Phase, Rule

ROOT = Path(__file__).parents[3]

POWRL = [
    *("reconnection", "posture", "recovery", "preparation", "remedy", "reserve", "substations"),
    *("security", "plan", "redispatching", "reclosing", "alarm", "alert"),
]


def plugin(phase, name):
    return type(name, (Rule,), {"name": name, "phase": phase, "apply": lambda *_: None})


def names(plugins):
    return [rule.name for rule in in_order(plugins)]


def test_without_plugins_they_are_powrls():
    assert names([]) == POWRL
    assert [rule.name for rule in RULES] == POWRL


@pytest.mark.parametrize(
    ("phase", "before"),
    [
        (Phase.CALM, "preparation"),
        (Phase.OVERLOAD, "plan"),
        (Phase.ALWAYS, "reclosing"),
        (Phase.WARNING, "alert"),
    ],
)
def test_a_plugin_follows_the_last_rule_of_its_phase(phase, before):
    place = POWRL.index(before) + 1
    assert names([plugin(phase, "own")]) == [*POWRL[:place], "own", *POWRL[place:]]


def test_plugins_of_a_phase_keep_their_order():
    plugins = [plugin(Phase.OVERLOAD, name) for name in ("b", "a", "c")]
    assert names(plugins) == [*POWRL[:9], "b", "a", "c", *POWRL[9:]]


def test_plugins_of_each_phase_at_once():
    plugins = [plugin(phase, phase.value) for phase in reversed(Phase)]
    assert names(plugins) == [
        *("reconnection", "posture", "recovery", "preparation", "calm", "remedy", "reserve"),
        *("substations", "security", "plan", "overload", "redispatching", "reclosing", "always"),
        *("alarm", "alert", "warning"),
    ]
    assert [rule.name for rule in RULES] == POWRL  # it stays as it is


def test_the_documentation_has_all_rules_in_their_order():
    page = (ROOT / "docs" / "explanation" / "decision.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (\w+) \|", page, re.MULTILINE)
    assert rows == [rule.name for rule in RULES]
