"""``--set key.path=value``."""

import pytest

from powrl.configuration.overrides import apply_override
from powrl.player.errors import PowrlError


def test_sections_that_are_missing_are_made():
    body: dict[str, object] = {"environment": "a"}
    apply_override(body, "training.algorithm_settings.vf_coef=0.5")
    assert body == {"environment": "a", "training": {"algorithm_settings": {"vf_coef": 0.5}}}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.seed", "give it as key.path=value"),
        ("=3", "give it as key.path=value"),
        ("environment.name=b", "environment is a value and has no keys below it"),
        ("training.seed=[", "the value is no YAML"),
    ],
)
def test_another_form_is_refused(override, message):
    with pytest.raises(PowrlError, match=message):
        apply_override({"environment": "a"}, override)


def test_a_whole_number_of_hundreds_of_digits_is_refused() -> None:
    with pytest.raises(PowrlError, match="a whole number of more than 64 bits"):
        apply_override({}, f"training.timesteps=1{'0' * 400}")
