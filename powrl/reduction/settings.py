"""What a reduction is made from: all that has to be the same for the same actions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from ..configuration.pydantic_errors import explain, explain_file
from ..configuration.section import Section
from ..engines.engine import EngineName
from ..environments.opening import BUNDLED, DOWNLOAD, Scenarios
from ..errors import PowrlError
from ..parallel.folders import Folder, Places, relocated_path
from ..storage.digest import digest_of_json
from ..storage.yaml_file import read_mapping


class ReductionSettings(Section):
    """Settings of ``powrl reduce``; with the same ones the same actions are chosen.

    Attributes
    ----------
    environment:
        grid2op's name of the environment.
    data:
        ``"bundled"``, ``"download"``, or an environment folder.
    scenarios:
        Regular expression of the scenarios to play.
    engine:
        What plays them (`powrl.engines.engine`).
    seed:
        Fixes the opponent, which scenarios are held out, and which states are drawn.
    sizes:
        Sizes of the action sets to write, besides all.
    states:
        Hard states of each scenario at most.
    max_steps:
        Steps of each scenario that are played at most (0: all).
    critical_rho:
        Line load from which on the player acts.
    max_elements:
        Substations of more elements are not enumerated, but screened.
    screened:
        Topologies that survive the screening of a state (0: no screening).
    substations:
        How many the player, and the search for sequences, try in full in a state: those that a
        first look finds best (`powrl.reduction.two_levels`; 0: all).
    """

    environment: str
    data: str = BUNDLED
    scenarios: str = ".*"
    engine: EngineName = "fast"
    seed: int = Field(0, ge=0, lt=2**31)
    sizes: tuple[int, ...] = Field((60, 120, 240, 500), min_length=1)
    states: int = Field(24, gt=0)
    max_steps: int = Field(0, ge=0)
    critical_rho: float = Field(0.95, gt=0, le=2)
    max_elements: int = Field(10, ge=4, le=14)
    screened: int = Field(20, ge=0)
    substations: int = Field(0, ge=0)

    @field_validator("sizes")
    @classmethod
    def _rising(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if min(sizes) < 1 or sorted(set(sizes)) != list(sizes):
            raise ValueError("whole numbers of 1 or more that rise")
        return sizes

    @field_validator("data")
    @classmethod
    def _found_from_anywhere(cls, data: str) -> str:
        return data if data in (BUNDLED, DOWNLOAD) else str(Path(data).resolve())

    @property
    def source(self) -> Scenarios:
        """The scenarios to play."""
        return Scenarios(self.environment, self.data, self.scenarios)

    def folders(self) -> list[Folder]:
        """The folders that a machine needs to play the scenarios."""
        return [] if self.data in (BUNDLED, DOWNLOAD) else [Folder(Path(self.data))]

    def relocated(self, places: Places) -> ReductionSettings:
        """The same settings with `folders` in other places."""
        return self.model_copy(update={"data": str(relocated_path(self.data, places))})

    def digest(self, scenario: str) -> str:
        """A digest of all that the hard states of a scenario follow from."""
        facts = {**self.model_dump(mode="json", exclude={"sizes"}), "scenario": scenario}
        return digest_of_json(facts)

    def to_yaml(self) -> str:
        """The settings; reading them back gives the same ones."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def read_settings(source: str, options: dict[str, Any]) -> ReductionSettings:
    """The settings of a YAML file, or of an environment's name, with the options put in.

    Raises
    ------
    PowrlError
        The file cannot be read, or a setting is unknown or impossible.
    """
    body: dict[str, Any] = {"environment": source}
    is_file = source.endswith((".yaml", ".yml"))
    if is_file:
        body = read_mapping(source, "settings")
    try:
        return ReductionSettings.model_validate({**body, **options})
    except ValidationError as error:
        if not is_file:
            raise PowrlError(f"{explain(error, ReductionSettings)}.") from error
        text = explain_file(error, ReductionSettings, "the file", options)
        raise PowrlError(f"{source}: {text}.") from error
