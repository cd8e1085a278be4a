"""The feature vector: its groups, sizes and values."""

import numpy as np
import pytest

from powrl.player.errors import PowrlError
from powrl.player.policy.features import Features
from powrl.player.policy.groups import GROUPS, MAINTENANCE_HORIZON, group


@pytest.mark.parametrize("group", list(GROUPS))
def test_the_size_of_each_group_is_known_beforehand(neurips, group):
    features = Features([group])
    vector = features(neurips.get_obs())
    assert vector.shape == (features.size(neurips),)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()


def test_groups_stand_in_the_order_given(case14):
    observation = case14.get_obs()
    vector = Features(["topology", "line_load"])(observation)
    np.testing.assert_array_equal(vector[: case14.dim_topo], observation.topo_vect)
    np.testing.assert_array_equal(vector[case14.dim_topo :], observation.rho)


@pytest.mark.parametrize(
    ("group", "attributes"),
    [
        ("line_load", ["rho"]),
        ("flow", ["p_or", "q_or"]),
        ("generation", ["gen_p"]),
        ("load", ["load_p", "load_q"]),
        ("topology", ["topo_vect"]),
        ("cooldown", ["time_before_cooldown_line", "time_before_cooldown_sub"]),
        ("overflow", ["timestep_overflow"]),
    ],
)
def test_values_are_those_of_the_observation(case14, group, attributes):
    observation = case14.get_obs()
    expected = np.concatenate([getattr(observation, name) for name in attributes])
    np.testing.assert_array_equal(Features([group])(observation), expected.astype(np.float32))


def test_no_maintenance_is_the_horizon(case14):
    observation = case14.get_obs()
    observation.time_next_maintenance[:] = -1
    observation.time_next_maintenance[2] = 7
    observation.time_next_maintenance[3] = 5000
    until = Features(["maintenance"])(observation)[: case14.n_line]
    assert until[2] == 7
    assert set(np.delete(until, 2)) == {MAINTENANCE_HORIZON}


def test_time_goes_round(case14):
    observation = case14.get_obs()
    observation.hour_of_day, observation.minute_of_hour = 6, 0
    observation.day, observation.month, observation.year = 2, 7, 2019
    day_sine, day_cosine, year_sine, year_cosine = Features(["time"])(observation)
    assert (day_sine, day_cosine) == pytest.approx((1, 0), abs=1e-6)
    assert (year_sine, year_cosine) == pytest.approx((0, -1), abs=0.01)


def test_forecast_is_the_next_step(case14):
    forecast = Features(["forecast"])(case14.get_obs())
    after, *_ = case14.step(case14.action_space({}))
    np.testing.assert_allclose(forecast[: case14.n_load], after.load_p, rtol=0.3)


@pytest.mark.parametrize("groups", [[], ["rho"], ["time", "time"]])
def test_wrong_groups_are_refused(groups):
    with pytest.raises(PowrlError, match="give one or more of line_load, flow"):
        Features(groups)


@pytest.fixture
def plugin(tmp_path):
    """Write the source of a plug-in; returns the features that it is."""

    def write(source: str, n_features: int | None = None) -> Features:
        (tmp_path / "mine.py").write_text(source)
        return Features(["line_load", "mine:feature"], [tmp_path], n_features)

    return write


def test_a_function_of_a_user_is_counted_by_a_first_observation(plugin, case14):
    features = plugin("def feature(observation): return [observation.gen_p[:3]]")
    observation = case14.get_obs()
    assert features.has_plugins()
    assert features.size(case14) == case14.n_line
    assert features.size(case14, observation) == case14.n_line + 3
    np.testing.assert_array_equal(features(observation)[-3:], observation.gen_p[:3])


def test_a_policy_fits_if_it_reads_more_than_the_groups_of_powrl(plugin, case14):
    features = plugin("def feature(observation): return 1.0")
    assert features.fit(case14, case14.n_line + 1)
    assert not features.fit(case14, case14.n_line)
    assert not Features(["line_load"]).fit(case14, case14.n_line + 1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def feature(observation): return float('nan')", "mine:feature returned a value that is"),
        ("def feature(observation): return ['a']", "mine:feature raised ValueError"),
        ("def feature(observation): return observation.nothing", "mine:feature raised Attribute"),
        ("n = []\ndef feature(_):\n    n.append(1)\n    return n", r"changed its size from 1 to 2"),
    ],
)
def test_a_function_that_returns_something_else_is_named(plugin, case14, source, message):
    features, observation = plugin(source), case14.get_obs()
    with pytest.raises(PowrlError, match=message):
        np.concatenate([features(observation) for _ in range(2)])


def test_another_size_than_in_the_training_is_named(plugin, case14):
    features = plugin("def feature(_): return [1, 2]", case14.n_line + 1)
    with pytest.raises(PowrlError, match="mine:feature have another size than in the training"):
        features(case14.get_obs())


def test_a_group_is_registered_in_one_place(case14):
    @group("double", size=lambda grid: grid.n_line, unit="none")
    def double(observation):
        return [2 * observation.rho]

    try:
        observation = case14.get_obs()
        features = Features(["double"])
        assert features.size(case14) == case14.n_line
        np.testing.assert_allclose(features(observation), double(observation)[0])
    finally:
        del GROUPS["double"]
