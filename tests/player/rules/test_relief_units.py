"""What storage units and curtailment may do, and what a step asks of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from powrl.player.actions.curtailment import UNCHANGED, Curtailment
from powrl.player.actions.storage import Storage
from powrl.player.rules.relief_units import ReliefUnits as Units
from powrl.player.rules.relief_units import Wish

KEYS = {"set_storage", "curtail"}
FORECAST = np.array([50.0, 30.0])  # a thermal generator and a wind farm
WIDE = (100.0, 100.0)


def float32(*values):
    return np.array(values, dtype=np.float32)


def units_of(keys=KEYS, storage=True, curtail=True, level=0.5):
    limits = SimpleNamespace(
        pmax=float32(100, 40),
        can_move=np.array([True, False]),
        can_curtail=np.array([False, True]),
        energy_min=float32(0),
        energy_max=float32(12),
        produces=float32(6),
        absorbs=float32(6),
        loss=float32(0),
        charging=float32(0.9),
        discharging=float32(0.9),
    )
    rules = SimpleNamespace(seconds=np.float32(300))
    dispatcher = SimpleNamespace(units=limits, rules=rules)
    return Units(dispatcher, keys, storage, curtail, 0.1, 1.0, level)


def observed(charge=6.0, power=0.0, limit=1.0):
    return SimpleNamespace(
        storage_charge=float32(charge),
        storage_power=float32(power),
        curtailment_limit=float32(1.0, limit),
    )


def test_it_uses_what_actions_may_and_settings_say():
    assert len(units_of()) == 2
    assert len(units_of(keys={"set_bus"})) == 0
    assert len(units_of(storage=False)) == len(units_of(curtail=False)) == 1


def test_a_wind_farm_is_curtailed_by_what_it_produces_at_most():
    relief = units_of().relief(observed(), FORECAST, True)
    assert (relief.lowest[0], relief.highest[0]) == (-30.0, 0.0)


@pytest.mark.parametrize(("charge", "produces"), [(12.0, 6.0), (1.0, 1.8), (0.0, 0.0)])
def test_a_storage_unit_gives_what_it_can_give_for_half_an_hour(charge, produces):
    relief = units_of().relief(observed(charge), FORECAST, True)
    assert relief.highest[1] == pytest.approx(produces, rel=1e-5)


def test_a_full_storage_unit_absorbs_nothing():
    assert units_of().relief(observed(12.0), FORECAST, True).lowest[1] == 0


def test_it_is_charged_to_its_level_in_a_calm_grid_alone():
    calm = units_of().relief(observed(3.0), FORECAST, False)
    assert calm.lowest[1] == pytest.approx(-3 / 0.9 / 2, rel=1e-5)
    assert calm.worth[1] > calm.cost[1] + 1
    assert not units_of().relief(observed(3.0), FORECAST, True).worth.any()
    assert units_of().relief(observed(6.0), FORECAST, False).lowest[1] == 0


def test_it_keeps_its_energy_for_overloads_that_are_there():
    assert units_of().relief(observed(12.0), FORECAST, False).highest[1] == 0


def test_a_wish_is_what_grid2op_has_for_an_action():
    units = units_of()
    injected = units.within_room(
        observed(), FORECAST, units.wish(np.array([-10.0, 5.0]), FORECAST), 0.0, WIDE
    )
    assert injected == pytest.approx([-10.0, 5.0])
    curtailment, storage = units.parts(observed(), FORECAST, injected)
    assert isinstance(curtailment, Curtailment)
    assert curtailment.values == pytest.approx([UNCHANGED, 0.5])
    assert isinstance(storage, Storage)
    assert storage.values == pytest.approx([-5.0])


def test_curtailment_that_is_no_longer_wanted_is_lifted_once():
    units, nothing = units_of(), Wish(np.ones(1), np.zeros(1))
    limited = observed(limit=0.5)
    injected = units.within_room(limited, FORECAST, nothing, 10.0, WIDE)
    (lifted,) = units.parts(limited, FORECAST, injected)
    assert lifted.values == pytest.approx([UNCHANGED, 1.0])
    assert units.parts(observed(), FORECAST, injected) == []


def test_what_generators_cannot_balance_is_left_for_later_steps():
    units, wish = units_of(), Wish(np.array([0.5]), np.array([0.0]))
    injected = units.within_room(observed(), FORECAST, wish, 0.0, (2.0, 4.0))
    assert injected == pytest.approx([-4.0, 0.0])
    back = units.within_room(
        observed(limit=0.5), FORECAST, Wish(np.ones(1), np.zeros(1)), 10.0, (2.0, 4.0)
    )
    assert back == pytest.approx([-8.0, 0.0])


def test_an_empty_storage_unit_gives_no_more():
    units = units_of()
    wish = Wish(np.ones(1), np.array([6.0]))
    assert units.within_room(observed(0.0), FORECAST, wish, 0.0, WIDE)[1] == 0
    assert units.within_room(observed(0.25), FORECAST, wish, 0.0, WIDE)[1] == pytest.approx(2.7)
