"""Settings of a rule are typed, and refused in words."""

from dataclasses import FrozenInstanceError, dataclass

import pytest

from powrl.player.rules.setting import (
    AMOUNT,
    COUNT,
    LOAD,
    LOAD_OR_ZERO,
    RuleSettings,
    SettingError,
    UnknownSettingError,
    setting,
)


@dataclass(frozen=True)
class Several(RuleSettings):
    load: float = setting(0.9, LOAD)
    load_or_zero: float = setting(0.0, LOAD_OR_ZERO)
    count: int = setting(5, COUNT)
    amount: float = setting(0.0, AMOUNT)
    free: float = setting(-3.0)
    is_used: bool = setting(True)
    names: tuple = setting(())
    text: str = setting("a")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("load", 1e-9), ("load", 2), ("load_or_zero", 0), ("load_or_zero", 2.0)],
        *[("count", 1), ("count", 1_000_000), ("amount", 0), ("amount", 1e6)],
        *[("free", -1e300), ("is_used", False), ("names", ("a", "b")), ("text", "")],
    ],
)
def test_what_is_allowed_is_taken(key, value):
    assert getattr(Several(**{key: value}), key) == value


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("load", 0, "a line load above 0 and up to 2"),
        ("load", 2.001, "a line load above 0 and up to 2"),
        ("load", float("nan"), "a line load above 0 and up to 2"),
        ("load_or_zero", -1e-9, "a line load from 0 to 2"),
        ("load_or_zero", float("nan"), "a line load from 0 to 2"),
        ("count", 0, "a whole number from 1 to 1,000,000"),
        ("count", 1_000_001, "a whole number from 1 to 1,000,000"),
        ("amount", -1.0, "a number from 0 to 1,000,000"),
        ("amount", float("inf"), "a number from 0 to 1,000,000"),
        ("amount", float("nan"), "a number from 0 to 1,000,000"),
        ("count", 3.0, "a value like 5"),
        ("count", True, "a value like 5"),
        ("load", True, "a value like 0.9"),
        ("load", "0.9", "a value like 0.9"),
        ("load", None, "a value like 0.9"),
        ("is_used", 1, "a value like True"),
        ("is_used", "yes", "a value like True"),
        ("names", "ab", "a list of names"),
        ("names", {"a": 1}, "a list of names"),
        ("text", 3, "a value like 'a'"),
    ],
)
def test_what_is_impossible_is_refused_with_what_is_allowed(key, value, allowed):
    with pytest.raises(SettingError) as refusal:
        Several(**{key: value})
    assert str(refusal.value) == f"{key}: {value!r} was given, allowed is {allowed}"


def test_a_list_is_as_good_as_a_tuple():
    assert Several(names=["a", "b"]) == Several(names=("a", "b"))
    assert Several(names=["a"]).names == ("a",)


def test_they_are_immutable_and_on():
    settings = Several()
    assert settings.is_on
    with pytest.raises(FrozenInstanceError):
        settings.load = 1.0


def test_an_unknown_setting_is_told_with_the_one_that_may_be_meant():
    error = UnknownSettingError("cuont", ["count", "load"])
    assert isinstance(error, SettingError)
    assert str(error) == "cuont: unknown key, did you mean 'count'? allowed are count, load"
