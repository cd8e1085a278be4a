"""The packages that the competitions' servers had."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stack:
    """What a competition's server had installed.

    Attributes
    ----------
    python:
        Its Python, as ``3.10``. Where that was too old to play a submission, but its packages run
        on a later one: the oldest that can (`powrl.submission.stack.OLDEST_PYTHON`).
    requirements:
        Requirements for pip. The packages that they depend on are not pinned.
    """

    python: str
    requirements: tuple[str, ...]


_WCCI_2020 = Stack("3.6", ("grid2op==0.9.4",))
_NEURIPS_2020 = Stack("3.6", ("grid2op==1.2.2",))
_DELFT_2023 = Stack(
    "3.10",
    (
        "grid2op==1.9.0",
        "lightsim2grid==0.7.2",
        "pandapower==2.13.1",
        "numpy==1.23.5",
        "scipy==1.10.1",
        "networkx==3.1",
    ),
)

STACKS = {
    "wcci2020": _WCCI_2020,
    "neurips2020": _NEURIPS_2020,
    "neurips2020-track2": _NEURIPS_2020,
    "icaps2021": Stack(
        "3.8",
        (
            "grid2op==1.6.3",
            "lightsim2grid==0.5.4",
            "pandapower==2.6.0",
            "numba==0.53.0",
            "numpy==1.19.5",
            "scipy==1.6.0",
            "pandas==1.2.4",
        ),
    ),
    "wcci2022": Stack(
        "3.8",
        (
            "grid2op==1.7.0",
            "lightsim2grid==0.7.0",
            "pandapower==2.8.0",
            "numpy<1.24",
            "pandas<2",
        ),
    ),
    "delft2023": _DELFT_2023,
    "idf2023": Stack("3.10", ("grid2op==1.9.1", *_DELFT_2023.requirements[1:])),
}
"""Name of each edition -> its stack, as far as it matters for a power flow.

The sources are the organisers (issues 233, 332, 465 and 484 of grid2op) and the winners of 2020.
For WCCI 2022 the stack holds versions that go together.
"""
