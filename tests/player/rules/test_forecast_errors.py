"""A load that was higher than foreseen is expected to be so again."""

from types import SimpleNamespace

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.forecast_errors import ForecastErrors
from tests.player.rules.situations import legal_in_order, manager_of, overload, play

TOPOLOGY = np.array([1, 1, 2])


def seen(step, rho, topology=TOPOLOGY):
    return SimpleNamespace(current_step=step, rho=np.array(rho), topo_vect=topology)


@pytest.fixture
def errors():
    errors = ForecastErrors()
    errors.foresee(step=3, rho=np.array([0.96, 0.4, 1.0]), topology=TOPOLOGY)
    return errors


def test_a_share_of_the_error_is_the_margin(errors):
    margins = errors.margins(seen(4, [1.0, 0.6, 0.9]), share=0.5)
    np.testing.assert_allclose(margins, [1 + 0.5 * (1.0 / 0.96 - 1), 1, 1])


@pytest.mark.parametrize(
    "observation", [seen(5, [1.0, 0.6, 1.2]), seen(4, [1.0, 0.6, 1.2], TOPOLOGY * 0 + 1)]
)
def test_of_another_step_or_topology_nothing_is_known(errors, observation):
    assert (errors.margins(observation, 0.5) == 1).all()
    assert (ForecastErrors().margins(observation, 0.5) == 1).all()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_loads_are_expected_higher_by_it(case14, share):
    observation = overload(case14, (1.3,))
    manager = manager_of(
        case14, batch_simulator(case14), forecast_margin=share, candidates=3, plan=False
    )
    first = manager.situation(observation, legal_in_order)
    decision = manager.decide_in(first)
    foreseen = np.array(decision.outcome.rho)
    after, *_ = play(case14, decision.action)
    np.testing.assert_array_equal(foreseen > 0, after.rho > 0)
    after.rho = foreseen * 1.04  # as if all were higher than foreseen by this
    after.rho[after.rho.argmax()] += 1  # and still overloaded
    plain = manager_of(case14, batch_simulator(case14), candidates=3, plan=False)
    expected = plain.decide(after, legal_in_order).candidates[0].outcome.rho
    loads = manager.decide(after, legal_in_order).candidates[0].outcome.rho
    loaded = (foreseen >= 0.5) & (foreseen < foreseen.max())
    assert loaded.any()
    np.testing.assert_allclose(loads[loaded], expected[loaded] * (1 + 0.04 * share), rtol=1e-4)
    np.testing.assert_allclose(loads[foreseen < 0.5], expected[foreseen < 0.5], rtol=1e-4)
