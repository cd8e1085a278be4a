"""What is read of grid2op's objects, as protocols: grid2op itself has no types.

Arrays and names mean what they mean in grid2op (``grid2op.Space.GridObjects``).
"""

from __future__ import annotations

from typing import Any, Protocol, Tuple

import numpy as np


class GridSizes(Protocol):
    """The sizes of a grid, which `Grid` has as well as grid2op's objects."""

    @property
    def n_line(self) -> int:
        """Number of lines, transformers included."""
        ...

    @property
    def n_sub(self) -> int:
        """Number of substations."""
        ...

    @property
    def n_gen(self) -> int:
        """Number of generators."""
        ...

    @property
    def n_load(self) -> int:
        """Number of loads."""
        ...

    @property
    def dim_topo(self) -> int:
        """Length of ``topo_vect``."""
        ...


class GridObject(Protocol):
    """What environments, action spaces, observations and backends know of their grid.

    Attributes
    ----------
    n_line, n_sub, n_gen, n_load, n_storage, dim_topo:
        Numbers of lines (transformers included), substations, generators, loads, storage units,
        and positions of ``topo_vect``.
    name_line, name_sub, name_gen, name_load, name_storage:
        Their names, shape ``(n,)``.
    sub_info:
        Number of elements of each substation, shape ``(n_sub,)``.
    line_or_to_subid, line_ex_to_subid, load_to_subid, gen_to_subid, storage_to_subid:
        Substation of each element.
    line_or_to_sub_pos, line_ex_to_sub_pos, load_to_sub_pos, gen_to_sub_pos, storage_to_sub_pos:
        Its position within the substation.
    line_or_pos_topo_vect, line_ex_pos_topo_vect, load_pos_topo_vect, gen_pos_topo_vect, \
storage_pos_topo_vect:
        Its position in ``topo_vect``.
    gen_redispatchable:
        Which generators can be redispatched, shape ``(n_gen,)``, bool.
    gen_pmin, gen_pmax:
        Least and greatest production (MW), shape ``(n_gen,)``.
    gen_max_ramp_up, gen_max_ramp_down:
        MW per step, shape ``(n_gen,)``.
    """

    n_line: int
    n_sub: int
    n_gen: int
    n_load: int
    n_storage: int
    dim_topo: int
    name_line: np.ndarray
    name_sub: np.ndarray
    name_gen: np.ndarray
    name_load: np.ndarray
    name_storage: np.ndarray
    sub_info: np.ndarray
    line_or_to_subid: np.ndarray
    line_ex_to_subid: np.ndarray
    load_to_subid: np.ndarray
    gen_to_subid: np.ndarray
    storage_to_subid: np.ndarray
    line_or_to_sub_pos: np.ndarray
    line_ex_to_sub_pos: np.ndarray
    load_to_sub_pos: np.ndarray
    gen_to_sub_pos: np.ndarray
    storage_to_sub_pos: np.ndarray
    line_or_pos_topo_vect: np.ndarray
    line_ex_pos_topo_vect: np.ndarray
    load_pos_topo_vect: np.ndarray
    gen_pos_topo_vect: np.ndarray
    storage_pos_topo_vect: np.ndarray
    gen_redispatchable: np.ndarray
    gen_pmin: np.ndarray
    gen_pmax: np.ndarray
    gen_max_ramp_up: np.ndarray
    gen_max_ramp_down: np.ndarray


class Grid2opAction(Protocol):
    """An action of grid2op (``grid2op.Action.BaseAction``).

    Attributes
    ----------
    set_bus:
        Shape ``(dim_topo,)``.
    line_set_status:
        Shape ``(n_line,)``.
    redispatch, curtail:
        MW, and share of ``gen_pmax``, shape ``(n_gen,)``.
    storage_p:
        MW, shape ``(n_storage,)``.
    raise_alarm, raise_alert:
        Shapes ``(dim_alarms,)`` and ``(dim_alerts,)``, bool.
    """

    set_bus: np.ndarray
    line_set_status: np.ndarray
    redispatch: np.ndarray
    curtail: np.ndarray
    storage_p: np.ndarray
    raise_alarm: Any
    raise_alert: Any


class ActionSpace(GridObject, Protocol):
    """Makes actions of grid2op (``grid2op.Action.ActionSpace``).

    Attributes
    ----------
    actionClass:
        Its ``authorized_keys`` say which parts actions may have.
    dim_alarms:
        Number of areas that an alarm can be raised for.
    """

    actionClass: Any
    dim_alarms: int

    def __call__(self, dict_: dict[str, Any] | None = None) -> Any:
        """The action with this content; without any it does nothing."""
        ...


class Backend(GridObject, Protocol):
    """What solves power flows for grid2op (``lightsim2grid.LightSimBackend``).

    Attributes
    ----------
    topo_vect:
        The topology, shape ``(dim_topo,)``.
    max_it, tol, initdc:
        Iterations at most, tolerance, and whether a power flow starts from a DC one.
    prod_pu_to_kv:
        Base voltage of each generator (kV), shape ``(n_gen,)``.
    """

    topo_vect: np.ndarray
    max_it: int
    tol: float
    initdc: bool
    prod_pu_to_kv: np.ndarray

    def get_current_algo_type(self) -> Any:
        """The algorithm of lightsim2grid that is in use."""
        ...


class Environment(GridObject, Protocol):
    """An environment of grid2op (``grid2op.Environment.Environment``).

    Attributes
    ----------
    name:
        grid2op's name of it.
    action_space, observation_space:
        Make actions and observations.
    backend:
        Solves power flows.
    parameters:
        ``grid2op.Parameters``.
    chronics_handler:
        Its time series.
    nb_time_step:
        Steps since the reset.
    grid_layout:
        Places of the substations by name, or None.
    redispatching_unit_commitment_availble:
        Whether costs and ramps of generators are known.
    """

    name: str
    grid_layout: Any
    redispatching_unit_commitment_availble: bool
    action_space: ActionSpace
    observation_space: Any
    backend: Any
    parameters: Any
    chronics_handler: Any
    nb_time_step: int
    time_stamp: Any
    delta_time_seconds: float
    reward_range: tuple[float, float]

    def seed(self, seed: int) -> Any:
        """Fix all that will be drawn."""
        ...

    def set_id(self, id_: object) -> None:
        """Choose the scenario of the next reset."""
        ...

    def reset(self) -> Any:
        """Start an episode: its first observation."""
        ...

    def step(self, action: object) -> tuple[Any, float, bool, dict[str, Any]]:
        """Play one step: observation, reward, whether the episode is over, and more."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...

    def get_path_env(self) -> str:
        """Its folder."""
        ...

    def get_thermal_limit(self) -> np.ndarray:
        """Of each line (A), shape ``(n_line,)``."""
        ...

    def set_thermal_limit(self, thermal_limit: np.ndarray) -> None:
        """Of each line (A), shape ``(n_line,)``."""
        ...

    def max_episode_duration(self) -> int:
        """Steps of the scenario."""
        ...


Injections4 = Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""gen_p (MW), gen_v (kV), load_p (MW) and load_q (MVAr)."""
