"""The indicators of an episode, by the definitions of AI4REALNET's grid2evaluate.

Observations are those after each step. Each stands for the time since the one before, so that the
first counts no energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import PowrlError
from ..recorded_powers import CURTAILED, REDISPATCHED, STORED, TENTHS
from ..recording import Recording

EMISSIONS = {"hydro": 24.0, "thermal": 655.0, "solar": 45.0, "nuclear": 12.0, "wind": 11.0}
"""Kind of generator -> what it emits, g of CO2 for each kWh."""


@dataclass(frozen=True)
class Use:
    """How much the lines are used.

    Attributes
    ----------
    highest, mean:
        Load of a line divided by its limit.
    overloaded:
        Share of loads above 1, %.
    values:
        Number of loads that `mean` and `overloaded` are over.
    unsolved:
        Power flows without a solution, in which all loads count as 0.
    """

    highest: float
    mean: float
    overloaded: float
    values: int
    unsolved: int = 0


@dataclass(frozen=True)
class EpisodeIndicators:
    """What is counted and summed in an episode.

    Attributes
    ----------
    topology_actions, redispatch_actions, curtailment_actions:
        Kinds of changes in all actions together; storage counts as redispatching.
    most_topology, steps:
        Topology changes in an action at most; steps that were played.
    redispatched, balanced, curtailed, lost, blackout:
        Energies (MWh): dispatch of all generators, dispatch beyond its targets, production minus
        that without curtailment, losses, and what the blackout takes in its step.
    moved:
        Kind of generator -> dispatched and curtailed energy (MWh); empty where the environment does
        not tell the kinds.
    use:
        Use of lines.
    outages:
        The same with each line out; None where it was not computed.
    """

    topology_actions: int
    redispatch_actions: int
    curtailment_actions: int
    most_topology: int
    steps: int
    redispatched: float
    balanced: float
    curtailed: float
    lost: float
    blackout: float
    moved: dict[str, float]
    use: Use
    outages: Use | None = None


def indicators_of(
    recording: Recording, max_steps: int, outages: Use | None = None
) -> EpisodeIndicators:
    """The indicators of a recorded episode.

    Parameters
    ----------
    max_steps:
        Steps of the episode; one with fewer ended in a blackout.
    outages:
        Use of lines with each line out.

    Raises
    ------
    PowrlError
        The recording is of an older version.
    """
    require_states(recording)
    dispatched, curtailed, lost = _energies(recording)
    steps = len(recording)
    blackout = 0.0
    if 1 < steps < max_steps:
        blackout = float(_energy(recording, recording.load_p[-2:-1] / TENTHS).sum())
    moves = recording.moves[:, :2]
    loads = recording.utilisation[1:].astype(float)
    return EpisodeIndicators(
        topology_actions=int(recording.topology_changes.sum()),
        redispatch_actions=sum(
            len(np.unique(moves[moves[:, 1] == kind, 0])) for kind in (REDISPATCHED, STORED)
        ),
        curtailment_actions=len(np.unique(moves[moves[:, 1] == CURTAILED, 0])),
        most_topology=int(recording.topology_changes.max()),
        steps=steps,
        redispatched=float(dispatched.sum()),
        balanced=float((dispatched - _later(recording, recording.targets)).sum()),
        curtailed=float(curtailed.sum()),
        lost=lost,
        blackout=blackout,
        moved=_by_kind(recording, dispatched + curtailed),
        use=Use(
            highest=float(loads[:, 0].max()),
            mean=float(loads[:, 1].mean()),
            overloaded=100 * float(loads[:, 2].mean()),
            values=loads.shape[0] * len(recording.lines),
        ),
        outages=outages,
    )


def require_states(recording: Recording) -> None:
    """Refuse a recording that lacks what indicators need.

    Raises
    ------
    PowrlError
        The recording is of an older version.
    """
    if not recording.has_states:
        raise PowrlError(
            "the recording is of an older version and lacks the powers that indicators need; play "
            "it again: powrl score."
        )


def carbon_intensity(moved: dict[str, float]) -> float | None:
    """Emissions of energies by kind of generator, g of CO2 for each kWh; 0 where they sum to none.

    None without kinds, and for kinds whose emissions are not known.

    Examples
    --------
    >>> carbon_intensity({"thermal": 1.0, "wind": 1.0}), carbon_intensity({})
    (333.0, None)
    """
    if not moved or not moved.keys() <= EMISSIONS.keys():
        return None
    energy = sum(moved.values())
    if energy <= 0:
        return 0.0
    return sum(EMISSIONS[kind] * part for kind, part in moved.items()) / energy


def _energies(recording: Recording) -> tuple[np.ndarray, np.ndarray, float]:
    """Dispatched and curtailed energy of each generator, and losses (MWh)."""
    curtailed = recording.gen_p.astype(int) - recording.uncurtailed
    return (
        _later(recording, recording.dispatched),
        _later(recording, curtailed),
        float(_energy(recording, recording.losses[2:])),
    )


def _later(recording: Recording, tenths: np.ndarray) -> np.ndarray:
    """Energy of powers in tenths of MW, from the second observation after a step on."""
    return _energy(recording, tenths[2:] / TENTHS)


def _energy(recording: Recording, powers: np.ndarray) -> np.ndarray:
    """Energy (MWh) of powers (MW), one row for each step."""
    return np.asarray(recording.hours[0] * powers.sum(axis=0, dtype=float))


def _by_kind(recording: Recording, energies: np.ndarray) -> dict[str, float]:
    kinds = recording.generator_types
    return {str(kind): float(energies[kinds == kind].sum()) for kind in np.unique(kinds)}
