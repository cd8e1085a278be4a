"""The chance that the next attack ends the episode, topology by topology."""

import pytest

from powrl.player.rules.attack_risk import AttackRisk
from powrl.player.rules.attack_value import AttackValue
from tests.player.rules.test_attack_losses import Case


def risks_of(case, values, topologies):
    risk = AttackRisk(case.losses, AttackValue(len(case.lines), values, ()))
    return risk.risks(case.situation, case.state, topologies)


def test_the_risk_is_the_sum_of_shares_times_chances(neurips):
    values = ((0.0, 0.0, 0.0, 0.0), (-50.0, 0.0, 0.0, 0.0), (50.0, 0.0, 0.0, 0.0))
    case = Case(neurips)
    shares = case.losses.shares(case.situation, case.state, case.topologies)
    risks = risks_of(case, values, case.topologies)
    assert risks == pytest.approx(shares @ [0.5, 0.0, 1.0], abs=1e-6)


def test_the_loss_of_a_load_ends_the_episode_whatever_comes_after(neurips):
    case = Case(neurips)
    hanging = case.hanging_load()
    share = case.losses.shares(case.situation, case.state, hanging[None])[0, 0]
    risk = risks_of(case, ((-50.0, 0.0, 0.0, 0.0),) * 3, hanging[None])
    assert risk == pytest.approx([share], abs=1e-6)
