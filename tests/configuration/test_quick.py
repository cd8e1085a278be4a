"""A quick training costs less than the one that is asked for, never more."""

import pytest

from powrl.configuration.loading import load_configuration
from powrl.configuration.quick import LIMITS, quick_overrides
from powrl.workspace.shipped import shipped_configurations


@pytest.mark.parametrize("name", sorted(shipped_configurations()))
def test_nothing_is_raised(name):
    before = load_configuration(name)
    after = load_configuration(name, quick_overrides(before))
    for key, limit in LIMITS.items():
        section, _, part = key.partition(".")
        values = [getattr(getattr(settings, section), part) for settings in (before, after)]
        assert values[1] <= limit
        assert values[1] <= values[0] or values[0] == 0


def test_a_training_without_lessons_has_none():
    configuration = load_configuration("case14")
    assert configuration.imitation.episodes == 0
    assert not any("imitation.episodes" in text for text in quick_overrides(configuration))
