"""The feature vector: its groups, sizes and values."""

import numpy as np
import pytest

from powrl.player.errors import PowrlError
from powrl.player.policy.features import Features
from powrl.player.policy.groups import GROUPS, MAINTENANCE_HORIZON


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
