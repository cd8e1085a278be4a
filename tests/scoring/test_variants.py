from __future__ import annotations

import pytest

from powrl.player.agent_folder import AgentSettings
from powrl.scoring.contestants.variants import (
    Value,
    split_variant,
    variant_text,
    with_overrides,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plan=false", False),
        ("plan=False", False),
        ("candidates=3", 3),
        ("safe_rho=0.5", 0.5),
        ("contingencies=[62_58_180, 0_1_0]", ["62_58_180", "0_1_0"]),
        ("contingencies=[]", []),
        ('contingencies=["1", 0_1_0]', ["1", "0_1_0"]),
        ("postures=[1,2]", [1, 2]),
        ("attack_values=[[0, 1.5, 2, 3], [1, 0, 0, 0]]", [[0, 1.5, 2, 3], [1, 0, 0, 0]]),
        ("contingencies=0_1_0", "0_1_0"),
    ],
)
def test_values_are_read_and_written(text: str, value: Value) -> None:
    agent, overrides = split_variant(f"a[b]/mine[{text}]")
    assert (agent, list(overrides.values())) == ("a[b]/mine", [value])
    assert split_variant(f"x{variant_text(overrides)}") == ("x", overrides)


def test_settings_are_replaced_and_the_policy_can_be_left_out() -> None:
    settings = AgentSettings("grid", ("line_load",))
    changed = with_overrides(settings, {"contingencies": ["a"], "plan": False})
    assert (changed.overload.contingencies, changed.overload.plan) == (("a",), False)
    assert changed.observation == settings.observation
    assert with_overrides(settings, {"policy": False}).observation == ()
    assert with_overrides(settings, {}) == settings


def test_lists_of_numbers_are_set() -> None:
    _, overrides = split_variant("mine[load_growth=[1.5,2],postures=[3]]")
    changed = with_overrides(AgentSettings("grid", ()), overrides).overload
    assert (changed.load_growth, changed.postures) == ((1.5, 2.0), (3,))


@pytest.mark.parametrize("text", ["mine[", "mine]", "mine[plan=false", "mine]plan=false]", ""])
def test_a_text_without_a_whole_bracket_is_an_agent(text: str) -> None:
    assert split_variant(text) == (text, {})
