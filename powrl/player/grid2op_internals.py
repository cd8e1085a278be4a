"""Every private attribute of grid2op and lightsim2grid that the player and the engines read.

A new release of either may rename them: then this file is what to mend, and its tests say where.
What scoring reads and replaces beside them stands in ``powrl.scoring.grid2op_internals``, since a
submission does not carry it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import numpy as np


def private(owner: object) -> Any:
    """An object of grid2op whose private attributes are read."""
    return cast(Any, owner)


def remembered_topology(observation: object) -> np.ndarray:
    """The busbar that each element was last on (``BaseObservation._prev_conn``)."""
    return np.asarray(private(observation)._prev_conn._topo_vect)


def other_action_parts(action: object, names: Iterable[str]) -> list[str]:
    """Which of some parts an action has (``BaseAction._modif_*``, set by its setters)."""
    return [name for name in names if getattr(action, f"_modif_{name}", False)]


def names_in_chronics(environment: object) -> dict[str, dict[str, str]]:
    """``"loads"``, ``"prods"``, ``"lines"`` -> names in time series -> names in the grid.

    Empty where they are the same (``Environment._names_chronics_to_backend``).
    """
    return dict(private(environment)._names_chronics_to_backend or {})


def has_forecast(observation: object) -> bool:
    """Whether injections are forecast for the next step (``BaseObservation._forecasted_inj``)."""
    forecasts = private(observation)._forecasted_inj
    return len(forecasts) > 1 and "injection" in forecasts[1][1]


def forecast_by(observation: Any, injections: dict[str, Any]) -> Any:
    """A copy of an observation that forecasts these injections for now and the next step."""
    twin = private(copy.copy(observation))
    now = observation.get_time_stamp()
    twin._forecasted_inj = [(now, injections), (now, injections)]
    twin._forecasted_grid_act = {}
    return twin


def legality_rules(environment: object) -> Any:
    """What judges actions (``BaseEnv._game_rules``, a ``RulesChecker``)."""
    return private(environment)._game_rules.legal_action


def grid_model_of(backend: object) -> Any:
    """lightsim2grid's own grid (``LightSimBackend._grid``)."""
    return private(backend)._grid


def detaches_elements(backend: object) -> bool:
    """Whether loads and generators may be detached (``_automatically_disconnect``)."""
    return bool(private(backend)._automatically_disconnect)


def has_distributed_slack(backend: object) -> bool:
    """Whether several generators balance the grid (``LightSimBackend._dist_slack_non_renew``)."""
    lightsim = private(backend)
    return bool(lightsim._dist_slack_non_renew or lightsim._gen_slack_id is not None)


def ends_on_disconnection(backend: object) -> bool:
    """Whether a load or a generator without a grid ends the episode (``_stop_if_*_disco``)."""
    lightsim = private(backend)
    return bool(lightsim._stop_if_load_disco and lightsim._stop_if_gen_disco)


def opponent_space(environment: object) -> Any:
    """The opponent with its budget (``BaseEnv._oppSpace``, an ``OpponentSpace``)."""
    return private(environment)._oppSpace


def opponent_options(environment: object) -> dict[str, Any]:
    """The keywords that the opponent was made with (``BaseEnv._kwargs_opponent``)."""
    return dict(private(environment)._kwargs_opponent)


class AttackFacts(NamedTuple):
    """What an opponent that draws its attacks has drawn so far."""

    lines: Any
    random: np.random.RandomState
    wait: Any


def attack_facts(opponent: object) -> AttackFacts:
    """Lines, generator and wait (``WeightedRandomOpponent``, ``GeometricOpponent``)."""
    drawn = private(opponent)
    return AttackFacts(drawn._lines_ids, drawn.space_prng, drawn._next_attack_time)


def weighted_attack_facts(opponent: object) -> tuple[Any, Any]:
    """Normalisation of the loads, and the period of attacks (``WeightedRandomOpponent``)."""
    return private(opponent)._rho_normalization, private(opponent)._attack_period


def geometric_attack_facts(opponent: object) -> tuple[Any, Any, Any, Any]:
    """Ratio of probabilities, waits, durations and count of attacks (``GeometricOpponent``)."""
    drawn = private(opponent)
    return (
        drawn._pmax_pmin_ratio,
        drawn._attack_waiting_times,
        drawn._attack_durations,
        drawn._attack_counter,
    )


def area_opponents(opponent: object) -> list[Any]:
    """The opponents of the areas (``GeometricOpponentMultiArea.list_opponents``)."""
    return list(private(opponent).list_opponents)


def redispatching_tolerances(environment: object) -> tuple[float, float]:
    """Precision and tolerance of the dispatch (``BaseEnv._epsilon_poly`` and ``_tol_poly``)."""
    return private(environment)._epsilon_poly, private(environment)._tol_poly


def redispatching_solver(environment: object) -> Any:
    """What fits the dispatch to its targets (``BaseEnv._redispatch_solver``, since 1.12.6)."""
    return private(environment)._redispatch_solver


def feasibility_guard(environment: object) -> Any:
    """What cuts storage and curtailment down (``FeasibilityGuard``, since 1.12.6)."""
    from grid2op.Environment.dispatch import FeasibilityGuard

    return FeasibilityGuard(environment)


def sequential_least_squares() -> Any | None:
    """SLSQP without its wrapper (``scipy.optimize._slsqplib``, since scipy 1.16), or None."""
    try:
        from scipy.optimize._slsqplib import slsqp
    except ImportError:
        return None
    return slsqp


def dispatch_facts(observation: object) -> dict[str, Any] | None:
    """What an observation knows of dispatch, storage and curtailment (``RedispatchState``).

    None where grid2op is older than 1.12.6.
    """
    facts: dict[str, Any] = getattr(private(observation), "_env_internal_params", {})
    return facts.get("_dispatch_state")


def voltage_controller(environment: object) -> Any:
    """What sets the voltages of generators (``BaseEnv._voltage_controler``)."""
    return private(environment)._voltage_controler


def forecast_horizons(data: object) -> int:
    """For how many steps ahead a scenario has forecasts (``GridStateFromFile._nb_forecast``)."""
    return int(private(data)._nb_forecast)


def scenario_order(data: object) -> list[int]:
    """Numbers of the scenarios in the order in which they are played (``Multifolder._order``)."""
    return [int(number) for number in private(data)._order]
