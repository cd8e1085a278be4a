"""The L2RPN competitions: what each played, and the class of grid2op that scores it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from ..errors import ConfigurationError, PowrlError, unknown_key
from ..player.grid.grid2op_objects import Environment

_SCORE_OF_2020 = "ScoreL2RPN2020"


class CostUnits(str, Enum):
    """How the operation cost of a step is measured."""

    NOW = "now"
    YEAR_2020 = "2020"

    @property
    def heading(self) -> str:
        """What the heading of a column says."""
        return "now" if self is CostUnits.NOW else "units of 2020"

    @property
    def meaning(self) -> str:
        """What it is, in a sentence for those who read a score."""
        if self is CostUnits.NOW:
            return (
                "operation cost in EUR/MWh, the convention of grid2op 1.7 and later; scores of "
                "older versions do not compare"
            )
        return (
            "operation cost per step as grid2op had it before 1.7, when steps counted as hours; "
            "scores of the editions of 2020 compare, those of later ones do not"
        )


@dataclass(frozen=True)
class Edition:
    """A competition.

    Attributes
    ----------
    name, title:
        As it is asked for, and as it was called.
    environment, bundled:
        grid2op's names of its environment: of that for download, and of the one with a few
        scenarios that grid2op bundles. Opponent, rules and parameters are the environment's.
    score:
        The class of ``grid2op.utils`` that scores it.
    parts:
        What that class tells besides the score, in its order.
    seconds, steps:
        The agent's time for all decisions of so many steps (s), beyond which the score was the
        lowest; 0: not known.
    needs:
        The attribute of an environment that must not be 0 for this class; None: it has no needs.
    hub_scenario:
        Name of its scenario on AI4REALNET's validation hub; empty: it is none of the hub's.
    noisy:
        Whether each agent plays once more with noise on what it observes.
    """

    name: str
    title: str
    environment: str
    bundled: str
    score: str = _SCORE_OF_2020
    parts: tuple[str, ...] = ()
    needs: str | None = None
    seconds: float = 0.0
    steps: int = 0
    hub_scenario: str = ""
    noisy: bool = False

    @property
    def environments(self) -> tuple[str, ...]:
        """All names of its environment that an agent may be for, first that of powrl's agents."""
        small = self.environment.removesuffix("_large")
        return tuple(dict.fromkeys((small, self.environment, self.bundled)))

    @property
    def score_class(self) -> Any:
        """The class of ``grid2op.utils``."""
        import grid2op.utils

        return getattr(grid2op.utils, self.score)

    @property
    def of_2020(self) -> bool:
        """Whether it is one of 2020, whose scores were in the units of that year."""
        return self.score == _SCORE_OF_2020 and bool(self.environment)

    def require_units(self, units: CostUnits) -> None:
        """Refuse units that this edition has no score in.

        Raises
        ------
        PowrlError
            They are those of 2020, and its class is not.
        """
        if units is not CostUnits.NOW and self.score != _SCORE_OF_2020:
            raise PowrlError(
                f"{self.title} is scored by {self.score}, whose costs are not those of 2020; leave "
                "out --cost-units."
            )

    def require_played_on(self, environment: str) -> None:
        """Refuse an environment that another edition was played on, known by its name.

        Raises
        ------
        PowrlError
            It was another's.
        """
        played = edition_of(environment)
        if played is not NO_EDITION and played.bundled != self.bundled:
            raise PowrlError(
                f"{self.title} was not played on {environment}, which {played.title} was; leave "
                "out --edition, or give its own environment."
            )

    def require_scorable(self, environment: Environment, name: str) -> None:
        """Refuse a grid2op environment that the score class cannot be used with.

        Parameters
        ----------
        name:
            Of the environment, for the message.

        Raises
        ------
        PowrlError
            It lacks alarms or alerts.
        """
        if self.needs is not None and not getattr(environment, self.needs):
            raise PowrlError(
                f"{self.title} scores {self.needs.removeprefix('dim_')}, which {name} "
                f"does not have; give {self.environments[0]}, or another --edition."
            )


_COMPETITIONS = {
    edition.name: edition
    for edition in (
        Edition(
            "wcci2020",
            "WCCI 2020",
            "l2rpn_wcci_2020",
            "l2rpn_wcci_2020",
            seconds=20 * 60,
            steps=10 * 864,
        ),
        Edition(
            "neurips2020",
            "NeurIPS 2020, robustness track",
            "l2rpn_neurips_2020_track1_large",
            "l2rpn_neurips_2020_track1",
        ),
        Edition(
            "neurips2020-track2",
            "NeurIPS 2020, adaptability track",
            "l2rpn_neurips_2020_track2_large",
            "l2rpn_neurips_2020_track2",
        ),
        Edition(
            "icaps2021",
            "ICAPS 2021",
            "l2rpn_icaps_2021_large",
            "l2rpn_icaps_2021",
            "ScoreICAPS2021",
            ("operation", "alarms"),
            "dim_alarms",
            seconds=20 * 60,
            steps=24 * 2016,
        ),
        Edition(
            "wcci2022", "WCCI 2022", "l2rpn_wcci_2022", "l2rpn_wcci_2022_dev", "ScoreL2RPN2022"
        ),
        Edition(
            "delft2023",
            "Delft 2023",
            "l2rpn_wcci_2022",
            "l2rpn_wcci_2022_dev",
            "ScoreL2RPN2022",
            seconds=4900,
            steps=52 * 2018,
        ),
        Edition(
            "idf2023",
            "Paris Region 2023",
            "l2rpn_idf_2023",
            "l2rpn_idf_2023",
            "ScoreL2RPN2023",
            ("operation", "renewables", "alerts"),
            "dim_alerts",
        ),
    )
}


def _on_the_hub(size: str, played: Edition) -> tuple[Edition, Edition]:
    """A scenario of AI4REALNET's validation hub by the rules of a competition, and with noise."""
    plain = replace(
        played,
        name=f"ai4realnet-{size}",
        title=f"AI4REALNET, {size} grid",
        hub_scenario=f"ai4realnet_{size}",
        seconds=0.0,
        steps=0,
    )
    noisy = replace(plain, name=f"{plain.name}-noisy", title=f"{plain.title} with noise")
    return plain, replace(noisy, noisy=True)


EDITIONS = {
    **_COMPETITIONS,
    **{
        edition.name: edition
        for size, competition in (("small", "icaps2021"), ("large", "idf2023"))
        for edition in _on_the_hub(size, _COMPETITIONS[competition])
    },
}
"""By name."""

EditionName = Enum("EditionName", {name: name for name in EDITIONS}, type=str)  # type: ignore[misc]
"""The names of the editions, as a choice on the command line."""

DEFAULT_ENVIRONMENT = "l2rpn_neurips_2020_track1"
"""The environment that is scored on where nothing else is asked for."""

NO_EDITION = Edition("none", "no competition", "", "")
"""Of an environment that none was played on: scored as in 2020, which needs nothing special."""


def edition_of(environment: str) -> Edition:
    """The first edition that played an environment, known by the beginning of its name."""
    for edition in EDITIONS.values():
        if environment.startswith(edition.bundled.removesuffix("_dev")):
            return edition
    return NO_EDITION


def find_edition(name: str | EditionName | None) -> Edition | None:
    """The edition of a name, or None without one.

    Raises
    ------
    ConfigurationError
        There is no such edition.
    """
    if name is None:
        return None
    text = name.value if isinstance(name, EditionName) else str(name)
    if text not in EDITIONS:
        raise ConfigurationError(f"edition: {unknown_key(text, EDITIONS)}.")
    return EDITIONS[text]


def find_cost_units(name: str | CostUnits) -> CostUnits:
    """The units of a name.

    Raises
    ------
    ConfigurationError
        There are no such units.
    """
    try:
        return CostUnits(name)
    except ValueError as error:
        units = [unit.value for unit in CostUnits]
        raise ConfigurationError(f"cost_units: {unknown_key(str(name), units)}.") from error
