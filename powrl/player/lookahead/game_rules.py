"""grid2op's rules for topology actions, for many actions at once.

What an action touches, whether it is ambiguous or illegal, and the topology that it leads to, as
``grid2op.Action.BaseAction``, ``grid2op.Rules.DefaultRules`` and grid2op's backend action have it.
Actions are stacked: shape ``(n, dim_topo)`` for ``set_bus``, ``(n, n_line)`` for line statuses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import PowrlError
from ..grid.grid2op_objects import Environment
from ..grid.positions import Positions
from ..grid.reductions import any_hold
from ..grid2op_internals import legality_rules


@dataclass(frozen=True, eq=False)
class Area:
    """A part of the grid in which changes are counted: its lines and substations, by number."""

    lines: np.ndarray | slice
    substations: np.ndarray | slice


@dataclass(frozen=True, eq=False)
class Rules:
    """What topology actions and protections depend on: ``grid2op.Parameters`` and game rules.

    Attributes
    ----------
    areas:
        One with all in it (``DefaultRules``), several (``RulesByArea``), or none: every action is
        legal (``AlwaysLegal``).
    max_line_changes, max_substation_changes:
        How many lines and substations one action may touch in an area.
    line_cooldown, substation_cooldown:
        Steps for which what was touched cannot be touched again.
    reconnection_time:
        Steps for which a line cannot be touched after a protection opened it.
    overflow_steps:
        Steps of soft overflow that a line endures; in the next one it is opened.
    soft_overflow, hard_overflow:
        Loads from which on the protections count, and open a line at once.
    protections:
        Whether lines are opened at all on an overflow.
    """

    areas: tuple[Area, ...]
    max_line_changes: int
    max_substation_changes: int
    line_cooldown: int
    substation_cooldown: int
    reconnection_time: int
    overflow_steps: int
    soft_overflow: np.float32
    hard_overflow: np.float32
    protections: bool

    @classmethod
    def from_environment(cls, environment: Environment) -> Rules:
        """Read the rules of a grid2op environment.

        Raises
        ------
        PowrlError
            Its game rules are of a class that is not known here.
        """
        parameters = environment.parameters
        return cls(
            areas=_areas(environment),
            max_line_changes=int(parameters.MAX_LINE_STATUS_CHANGED),
            max_substation_changes=int(parameters.MAX_SUB_CHANGED),
            line_cooldown=int(parameters.NB_TIMESTEP_COOLDOWN_LINE),
            substation_cooldown=int(parameters.NB_TIMESTEP_COOLDOWN_SUB),
            reconnection_time=int(parameters.NB_TIMESTEP_RECONNECTION),
            overflow_steps=int(parameters.NB_TIMESTEP_OVERFLOW_ALLOWED),
            soft_overflow=np.float32(parameters.SOFT_OVERFLOW_THRESHOLD),
            hard_overflow=np.float32(parameters.HARD_OVERFLOW_THRESHOLD),
            protections=not parameters.NO_OVERFLOW_DISCONNECTION,
        )


@dataclass(frozen=True, eq=False)
class Legality:
    """What grid2op says of stacked actions before it plays them.

    Attributes
    ----------
    playable:
        Neither ambiguous nor illegal; what is not is replaced by doing nothing. Shape ``(n,)``.
    lines, substations:
        What each action touches, shapes ``(n, n_line)`` and ``(n, n_sub)``, bool.
    """

    playable: np.ndarray
    lines: np.ndarray
    substations: np.ndarray


def judge(
    positions: Positions,
    rules: Rules,
    set_bus: np.ndarray,
    set_line_status: np.ndarray,
    line_status: np.ndarray,
    line_cooldown: np.ndarray,
    substation_cooldown: np.ndarray,
) -> Legality:
    """Which actions are played, and what they touch.

    Parameters
    ----------
    line_status, line_cooldown, substation_cooldown:
        ``line_status``, ``time_before_cooldown_line`` and ``time_before_cooldown_sub`` of the
        observation in which the actions are taken.
    """
    lines, substations = impact(positions, set_bus, set_line_status, line_status)
    playable = ~ambiguous(positions, set_bus, set_line_status)
    for area in rules.areas:
        playable &= lines[:, area.lines].sum(axis=1) <= rules.max_line_changes
        playable &= substations[:, area.substations].sum(axis=1) <= rules.max_substation_changes
    if rules.areas:
        playable &= ~(lines & (line_cooldown > 0)).any(axis=1)
        playable &= ~(substations & (substation_cooldown > 0)).any(axis=1)
    return Legality(playable, lines, substations)


def switch(
    positions: Positions,
    rules: Rules,
    set_bus: np.ndarray,
    topology: np.ndarray,
    substation_cooldown: np.ndarray,
) -> tuple[bool, np.ndarray, np.ndarray] | None:
    """What `judge` and `topology_after` say of one action on busbars, at a fifth of their cost.

    Parameters
    ----------
    set_bus:
        Of an action that names no status of a line, shape ``(dim_topo,)``.
    topology:
        ``topo_vect`` before, shape ``(dim_topo,)``.

    Returns
    -------
    playable, substations, after:
        Whether it is played, the substations that it touches, shape ``(n_sub,)``, bool, and the
        topology that it leads to; None: an element is out or goes out, which only those two judge.
    """
    (places,) = set_bus.nonzero()
    busbars = set_bus[places]
    if not len(places) or min(busbars.min(), topology[places].min()) < 1 or busbars.max() > 2:
        return None
    substations = np.zeros(positions.n_sub, dtype=bool)
    substations[positions.substation[places]] = True
    playable = all(
        np.count_nonzero(substations[area.substations]) <= rules.max_substation_changes
        for area in rules.areas
    )
    if rules.areas:
        playable = playable and not substation_cooldown[substations].any()
    after = topology.copy()
    after[places] = busbars
    return playable, substations, after


def ambiguous(positions: Positions, set_bus: np.ndarray, set_line_status: np.ndarray) -> np.ndarray:
    """Which actions contradict themselves (``BaseAction.is_ambiguous``), shape ``(n,)``."""
    wrong = ((set_bus < -1) | (set_bus > 2)).any(axis=1)
    lines = np.flatnonzero(_switched(positions, set_bus, set_line_status))
    if not len(lines):
        return np.asarray(wrong)
    status = set_line_status[:, lines]
    origin, extremity = set_bus[:, positions.origin[lines]], set_bus[:, positions.extremity[lines]]
    contradiction = ((origin == -1) & (extremity > 0)) | ((extremity == -1) & (origin > 0))
    contradiction |= (status == -1) & ((origin > 0) | (extremity > 0))
    contradiction |= (status == 1) & ((origin == -1) | (extremity == -1))
    return np.asarray(wrong | contradiction.any(axis=1))


def impact(
    positions: Positions,
    set_bus: np.ndarray,
    set_line_status: np.ndarray,
    line_status: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Lines and substations that each action touches (``BaseAction.get_topological_impact``).

    Naming the busbar of an end of a disconnected line reconnects the line, naming -1 for an end of
    a connected one disconnects it: both touch the line and not the substation.
    """
    touched = set_line_status != 0
    mentioned = set_bus != 0
    lines = _lines_to_settle(positions, set_bus, set_line_status, ~line_status)
    if len(lines):
        status = line_status[lines]
        origin, extremity = positions.origin[lines], positions.extremity[lines]
        at_origin, at_extremity = set_bus[:, origin], set_bus[:, extremity]
        switched = np.where(
            status, (at_origin < 0) | (at_extremity < 0), (at_origin > 0) | (at_extremity > 0)
        )
        of_line_only = switched | (touched[:, lines] & ~status)
        mentioned[:, origin] &= ~of_line_only
        mentioned[:, extremity] &= ~of_line_only
        touched[:, lines] |= switched
    substations = np.zeros((len(set_bus), positions.n_sub), dtype=bool)
    action, position = np.divmod(np.flatnonzero(mentioned), positions.dim_topo)
    substations[action, positions.substation[position]] = True
    return touched, substations


def topology_after(
    positions: Positions,
    topology: np.ndarray,
    last_topology: np.ndarray,
    set_bus: np.ndarray,
    set_line_status: np.ndarray,
) -> np.ndarray:
    """The topology that each action leads to, shape ``(n, dim_topo)``, int32.

    Parameters
    ----------
    topology:
        ``topo_vect`` before, shape ``(dim_topo,)``: a line that is out is so at both ends.
    last_topology:
        The busbar that each element was last on, shape ``(dim_topo,)``: where a line returns to
        when its busbar is not named.
    """
    after = np.empty(set_bus.shape, dtype=np.int32)
    after[:] = topology
    np.copyto(after, set_bus, where=set_bus != 0)
    out = (topology[positions.origin] == -1) | (topology[positions.extremity] == -1)
    lines = _lines_to_settle(positions, set_bus, set_line_status, out)
    if not len(lines):
        return after
    origin, extremity = positions.origin[lines], positions.extremity[lines]
    last_origin, last_extremity = last_topology[origin], last_topology[extremity]

    # line statuses come first, so that the busbars named are those of a line that is back already
    opened, closed = set_line_status[:, lines] == -1, set_line_status[:, lines] == 1
    at_origin = np.where(closed & (topology[origin] < 0), last_origin, topology[origin])
    at_extremity = np.where(closed & (topology[extremity] < 0), last_extremity, topology[extremity])
    at_origin[opened] = at_extremity[opened] = -1
    was_out = (at_origin == -1) | (at_extremity == -1)
    origin_was_out = at_origin == -1
    at_origin = np.where(set_bus[:, origin] != 0, set_bus[:, origin], at_origin)
    at_extremity = np.where(set_bus[:, extremity] != 0, set_bus[:, extremity], at_extremity)

    # one end that is disconnected takes the other with it, one that is connected brings it back
    back = origin_was_out & ((at_origin >= 1) | (at_extremity >= 1))
    stays_out = (was_out | (at_origin == -1) | (at_extremity == -1)) & ~back
    at_origin[stays_out] = at_extremity[stays_out] = -1
    after[:, origin] = np.where(back & (at_origin < 0), last_origin, at_origin)
    after[:, extremity] = np.where(back & (at_extremity < 0), last_extremity, at_extremity)
    return after


def moves_storage_that_is_out(
    positions: Positions,
    rules: Rules,
    set_bus: np.ndarray,
    power: np.ndarray | None,
    topology: np.ndarray,
) -> bool:
    """Whether an action uses a storage unit that is out and stays out, which is illegal.

    Parameters
    ----------
    power:
        Power of the action (MW), shape ``(n_storage,)``, or None.
    topology:
        ``topo_vect`` before, shape ``(dim_topo,)``.
    """
    if power is None or not rules.areas:
        return False
    is_out = (topology[positions.storage] < 0) & (set_bus[positions.storage] <= 0)
    return bool((np.abs(power[is_out]) >= 1e-7).any())


def lines_that_trip(
    rules: Rules,
    thermal_limits: np.ndarray,
    currents: np.ndarray,
    connected: np.ndarray,
    counter: np.ndarray,
    counted: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the protections open after a power flow (``Backend.next_grid_state``).

    Parameters
    ----------
    thermal_limits, currents:
        In A, of each line; all but the limits may be stacked.
    connected:
        Which lines are connected.
    counter, counted:
        Steps that each protection has been counting, and whether this one is among them: in one
        step a line is counted once, however many power flows it takes.

    Returns
    -------
    trips, counter, counted:
        The lines that are opened, and both after this power flow.
    """
    overflow = (currents > rules.soft_overflow * thermal_limits) & connected
    counter = counter + (overflow & ~counted)
    trips = (currents > rules.hard_overflow * thermal_limits) | (counter > rules.overflow_steps)
    return trips & connected, counter, counted | overflow


def _switched(positions: Positions, set_bus: np.ndarray, set_line_status: np.ndarray) -> np.ndarray:
    """Lines whose status some action names, or an end of which it disconnects, ``(n_line,)``."""
    mentioned, opens = np.asarray(set_line_status.any(axis=0)), set_bus < 0
    if any_hold(opens):
        off = np.asarray(opens.any(axis=0))
        mentioned |= off[positions.origin] | off[positions.extremity]
    return mentioned


def _lines_to_settle(
    positions: Positions, set_bus: np.ndarray, set_line_status: np.ndarray, out: np.ndarray
) -> np.ndarray:
    """Numbers of the lines that are switched (`_switched`), or out with an end that is named."""
    lines = _switched(positions, set_bus, set_line_status)
    if any_hold(out):
        touches = np.asarray(set_bus.any(axis=0))
        lines |= out & (touches[positions.origin] | touches[positions.extremity])
    return np.flatnonzero(lines)


def _areas(environment: Environment) -> tuple[Area, ...]:
    from grid2op.Rules import AlwaysLegal, DefaultRules, RulesByArea

    game_rules = legality_rules(environment)
    if type(game_rules) is AlwaysLegal:
        return ()
    if type(game_rules) is DefaultRules:
        return (Area(slice(None), slice(None)),)  # which copies nothing where it is taken
    if type(game_rules) is RulesByArea:
        return tuple(
            Area(np.array(game_rules.lines_id_by_area[key], dtype=int), np.array(substations))
            for key, substations in game_rules.substations_id_by_area.items()
        )
    raise PowrlError(
        f"the game rules {type(game_rules).__name__} are only known to grid2op; evaluate actions "
        "with its own simulate."
    )
