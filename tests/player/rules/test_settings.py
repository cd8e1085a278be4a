"""The settings of all rules under one roof: checked, and written as they differ from defaults."""

import json
import pickle
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.rules.plan import Plan
from powrl.player.rules.recovery import Recovery
from powrl.player.rules.setting import SettingError, UnknownSettingError
from powrl.player.rules.settings import GREEDY_SEARCH, KINDS, OverloadSettings
from powrl.player.rules.situation import ManagerSettings

DEFAULTS = OverloadSettings().values()

FORMAT_1 = {
    "critical_rho": 1.0,
    "safe_rho": 0.0,
    "candidates": 10000,
    "counted_from": 2.0,
    "seconds": 1.0,
    "total_seconds": 0.0,
    "total_steps": 0,
    "reconnect": True,
    "recover": True,
    "recovery_rho": 0.9,
    "plan": True,
    "plan_goal": 0.98,
    "plan_width": 10,
    "plan_depth": 5,
    "contingencies": ["62_58_180", "48_50_136"],
    "redispatch": True,
    "redispatch_every": 6,
    "redispatch_goal": 0.9,
    "redispatch_limit": 0.98,
    "redispatch_held_steps": 48,
    "redispatch_spare_steps": 12,
    "redispatch_reserve": 25.0,
    "alarm": False,
    "alert": False,
}
"""Agents of format 1 have every setting there was."""

loads = st.floats(0, 2, exclude_min=True)
loads_or_zero = st.floats(0, 2) | st.sampled_from([0, 1, 2])
counts = st.integers(1, 1_000_000)
amounts = st.floats(0, 1_000_000)
VALUES = {
    **dict.fromkeys(
        [
            *("critical_rho", "recovery_rho", "recovery_way_rho"),
            *("plan_goal", "redispatch_goal", "redispatch_limit"),
            *("outage_load", "posture_rho"),
        ],
        loads,
    ),
    **dict.fromkeys(["safe_rho", "counted_from", "forecast_margin", "alert_load"], loads_or_zero),
    **dict.fromkeys(
        [
            *("candidates", "simulations", "plan_width", "plan_depth"),
            *("redispatch_every", "redispatch_held_steps", "redispatch_candidates"),
            "posture_every",
        ],
        counts,
    ),
    **dict.fromkeys(
        [
            *("seconds", "total_seconds", "redispatch_reserve", "redispatch_weight"),
            *("storage_cost", "curtailment_cost", "exposed_weight"),
        ],
        amounts,
    ),
    **dict.fromkeys(
        [
            *("redispatch_spare_steps", "reserve", "secure", "screened"),
            *("maintenance_steps", "prepare_steps", "redispatch_maintenance"),
            "attack_pause",
        ],
        st.integers(0, 1_000_000),
    ),
    **dict.fromkeys(
        [
            *("reconnect", "recover", "plan", "protections"),
            *("redispatch", "alarm", "alert", "learn_forecasts", "second_look"),
            *("nominal", "by_area", "storage", "curtail"),
        ],
        st.booleans(),
    ),
    **dict.fromkeys(["storage_level", "plan_relief"], st.floats(0, 1)),
    "redispatch_chance": st.floats(0, 0.5, exclude_max=True),
    "load_growth": st.lists(st.floats(0.1, 10), max_size=3).map(tuple),
    "postures": st.lists(st.integers(0, 500), max_size=3).map(tuple),
    "posture_additions": st.lists(st.integers(0, 500), max_size=3).map(tuple),
    # as many as there are contingencies, none here
    **dict.fromkeys(["attack_normalization", "attack_values"], st.just(())),
    "correct_actions": st.integers(0, 2),
    "correct_every": st.integers(1, 10**6),
    "total_steps": counts,
    **dict.fromkeys(
        ["contingencies", "exposed", "outages"],
        st.lists(st.text(max_size=5), max_size=3, unique=True).map(tuple),
    ),
}
some_values = st.fixed_dictionaries(
    {"total_steps": counts},  # which total_seconds needs
    optional={
        key: values | st.just(DEFAULTS[key])
        for key, values in VALUES.items()
        if key != "total_steps"
    },
)


def test_every_setting_is_in_the_property_tests():
    assert set(VALUES) == set(DEFAULTS)


@given(some_values)
def test_what_is_written_is_read_back(values):
    settings = OverloadSettings(**values)
    body = json.loads(json.dumps(settings.to_json()))
    again = OverloadSettings.from_json(body)
    assert again == settings
    assert again.values() == settings.values()
    assert again.to_json() == settings.to_json()


@given(some_values)
def test_what_is_written_is_what_differs_from_the_defaults(values):
    settings = OverloadSettings(**values)
    assert settings.to_json() == {
        key: value for key, value in values.items() if value != DEFAULTS[key]
    }
    assert settings.values() == {**DEFAULTS, **values}
    for key, value in settings.values().items():
        assert getattr(settings, key) == value


@given(some_values, some_values)
def test_replaced_differs_in_what_is_given_alone(before, changes):
    settings = OverloadSettings(**before, **{"rules:A": {"limit": 1}})
    replaced = settings.replaced(**changes)
    assert replaced.values() == {**settings.values(), **changes}
    assert replaced.plugins == settings.plugins
    assert settings == OverloadSettings(**before, **{"rules:A": {"limit": 1}})


@given(some_values)
def test_equal_settings_have_one_hash(values):
    """Whatever their order, and whether numbers are whole or not."""
    settings = OverloadSettings(**values)
    whole = {
        key: int(value) if type(value) is float and value.is_integer() else value
        for key, value in reversed(values.items())
    }
    other = OverloadSettings(**whole)
    assert other == settings
    assert hash(other) == hash(settings)


def test_equal_plugins_have_one_hash():
    one = OverloadSettings(**{"rules:A": {"a": 1, "b": 2}})
    other = OverloadSettings(**{"rules:A": {"b": 2, "a": 1}})
    assert one == other
    assert hash(one) == hash(other)


def test_the_order_of_plugins_is_that_of_their_rules_and_so_part_of_the_settings():
    one = OverloadSettings(**{"rules:A": {}, "rules:B": {}})
    other = OverloadSettings(**{"rules:B": {}, "rules:A": {}})
    assert one != other


def test_they_are_immutable():
    settings = OverloadSettings()
    with pytest.raises(AttributeError):
        settings.plan = False


def test_they_can_be_sent_to_another_process():
    settings = OverloadSettings(plan=False, contingencies=("a",), **{"rules:A": {"limit": 1}})
    again = pickle.loads(pickle.dumps(settings))  # noqa: S301 - our own
    assert again == settings
    assert again.contingencies == ("a",)


def test_their_representation_makes_them_again():
    settings = OverloadSettings(critical_rho=1.0, contingencies=("a",), **{"rules:A": {}})
    assert eval(repr(settings), {"OverloadSettings": OverloadSettings}) == settings  # noqa: S307


def test_each_setting_belongs_to_one_rule():
    names = [declared.name for kind in KINDS for declared in fields(kind)]
    assert len(set(names)) == len(names)
    settings = OverloadSettings(plan_depth=3, recovery_rho=0.5, seconds=7.0)
    assert settings.part(Plan.Settings) == Plan.Settings(plan_depth=3)
    assert settings.part(Recovery.Settings) == Recovery.Settings(recovery_rho=0.5)
    assert settings.part(ManagerSettings) == ManagerSettings(seconds=7.0)
    assert list(settings) == names


def test_the_defaults_have_no_limit_of_time():
    settings = OverloadSettings()
    assert settings.seconds == settings.total_seconds == 0
    assert settings.simulations == 20_000
    assert settings.to_json() == {}


def test_a_full_mapping_of_format_1_is_read():
    settings = OverloadSettings.from_json(FORMAT_1)
    assert settings.contingencies == ("62_58_180", "48_50_136")
    for key, value in FORMAT_1.items():
        assert getattr(settings, key) == (tuple(value) if isinstance(value, list) else value)
    assert settings.to_json() == {
        "critical_rho": 1.0,
        "seconds": 1.0,
        "counted_from": 2.0,
        "safe_rho": 0.0,
        "candidates": 10_000,
        "redispatch": True,
        "contingencies": ("62_58_180", "48_50_136"),
    }
    assert OverloadSettings.from_json(settings) is settings


@pytest.mark.parametrize(
    "make", [lambda body: OverloadSettings(**body), OverloadSettings.from_json]
)
def test_an_unknown_key_is_told_with_the_one_that_may_be_meant(make):
    with pytest.raises(UnknownSettingError, match=r"^plan_dpeth: .* did you mean 'plan_depth'\?"):
        make({"plan_dpeth": 3})
    with pytest.raises(UnknownSettingError, match=r"^xyz: unknown key; allowed are critical_rho"):
        make({"xyz": 3})


@pytest.mark.parametrize("body", [None, [], "plan", 3])
def test_what_is_no_mapping_is_refused(body):
    with pytest.raises(ValueError, match="needs a mapping of settings to values"):
        OverloadSettings.from_json(body)


def test_a_setting_that_is_not_there_cannot_be_read():
    with pytest.raises(AttributeError, match="there is no setting 'depth'"):
        _ = OverloadSettings().depth


@pytest.mark.parametrize("value", [{}, None, True])
def test_a_plugin_needs_no_settings(value):
    settings = OverloadSettings.from_json({"rules:A": value})
    assert settings.plugins == {"rules:A": {}}
    assert settings.to_json() == {"rules:A": {}}


@pytest.mark.parametrize("value", [False, 3, "limit", ["limit"]])
def test_settings_of_a_plugin_are_a_mapping(value):
    with pytest.raises(ValueError, match=r"^rules:A: needs a mapping of the rule's settings"):
        OverloadSettings.from_json({"rules:A": value})


def test_settings_of_a_plugin_are_kept_as_they_are():
    body = {"critical_rho": 1.0, "rules:A": {"limit": 1.5}, "b.c:D": {"names": ["x"]}}
    settings = OverloadSettings.from_json(body)
    assert settings.to_json() == body
    assert settings != OverloadSettings(critical_rho=1.0)
    replaced = settings.replaced(**{"rules:A": {"limit": 1.0}})
    assert replaced.plugins == {"rules:A": {"limit": 1.0}, "b.c:D": {"names": ["x"]}}
    assert settings.plugins["rules:A"] == {"limit": 1.5}


def test_attacks_are_told_line_by_line():
    body = {
        "contingencies": ["a", "b"],
        "attack_normalization": [0.5, 1],
        "attack_values": [[-1, 2.5, 0, 0], [0, 1, 2, 3]],
    }
    settings = OverloadSettings.from_json(json.loads(json.dumps(body)))
    assert settings.attack_values == ((-1, 2.5, 0, 0), (0, 1, 2, 3))
    assert json.loads(json.dumps(settings.to_json())) == body
    assert hash(settings) == hash(OverloadSettings.from_json(body))


def test_the_greedy_search_has_all_candidates_and_no_plan():
    assert GREEDY_SEARCH.to_json() == {
        "counted_from": 2.0,
        "safe_rho": 0.0,
        "candidates": 10_000,
        "plan": False,
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"critical_rho": 0}, "critical_rho: 0 was given, allowed is a line load above 0"),
        ({"forecast_margin": 3}, "forecast_margin: 3 was given, allowed is a share from 0 to 2"),
        ({"recovery_rho": float("nan")}, "recovery_rho: nan was given"),
        ({"safe_rho": -1}, "safe_rho: -1 was given"),
        ({"candidates": 0}, "candidates: 0 was given, allowed is a whole number from 1"),
        ({"simulations": 0}, "simulations: 0 was given, allowed is a whole number from 1"),
        ({"simulations": 5.0}, "simulations: 5.0 was given, allowed is a value like 20000"),
        ({"plan_width": 0}, "plan_width: 0 was given, allowed is a whole number from 1"),
        ({"plan_depth": True}, "plan_depth: True was given, allowed is a value like 5"),
        ({"seconds": 10**400}, "allowed is a number from 0 to 1,000,000"),
        ({"redispatch_reserve": float("inf")}, "allowed is a number from 0 to 1,000,000"),
        ({"total_seconds": 9.0}, "total_steps: 0 was given, allowed is how many steps"),
        ({"seconds": -1.0}, "seconds: -1.0 was given, allowed is a number from 0"),
        ({"redispatch_reserve": -1.0}, "redispatch_reserve: -1.0 was given, allowed is a number"),
        ({"contingencies": ("a", "a")}, "allowed is names of lines, each once"),
        ({"contingencies": (3,)}, r"contingencies: \(3,\) was given, allowed is names of lines"),
        (
            {"contingencies": "0_1_0"},
            "contingencies: '0_1_0' was given, allowed is names of lines, each once",
        ),
        ({"postures": [-1]}, r"postures: \[-1\] was given, allowed is whole numbers from 0"),
        ({"postures": [True]}, r"postures: \[True\] was given, allowed is whole numbers"),
        ({"postures": "1"}, "postures: '1' was given, allowed is whole numbers from 0"),
        ({"load_growth": [0]}, r"load_growth: \[0\] was given, allowed is numbers above 0"),
        ({"load_growth": [float("nan")]}, r"load_growth: \[nan\] was given, allowed is numbers"),
        ({"attack_values": [[1, 2]]}, "attack_values: .* allowed is lists of four numbers"),
        ({"load_growth": [10**400]}, "load_growth: .* was given, allowed is numbers above 0"),
        ({"attack_normalization": [10**400]}, "attack_normalization: .* allowed is numbers above"),
        ({"attack_values": [[1, 2, 3, -(10**400)]]}, "allowed is lists of four numbers"),
        ({"attack_values": [3]}, r"attack_values: \[3\] was given, allowed is lists of four"),
        (
            {"attack_normalization": [1.0]},
            r"attack_normalization: \(1.0,\) was given, allowed is one for each of the contingen",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        OverloadSettings(**settings)
    with pytest.raises(SettingError, match=message):
        OverloadSettings().replaced(**settings)
