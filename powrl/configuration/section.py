"""The base of the sections of a configuration, and of the settings of other commands."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from ..player.plugins import is_plugin
from ..storage.yaml_file import has_64_bits


class Section(BaseModel):
    """Keys and values that are checked when they are read, and do not change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _read_back(cls, value: Any) -> Any:
        """Refuse whole numbers that the file of a run could not be read with again."""
        numbers = value if isinstance(value, (list, tuple)) else (value,)
        if not all(has_64_bits(number) for number in numbers if isinstance(number, int)):
            raise ValueError("whole numbers of 64 bits")
        return value


def _as_plugin(reference: str) -> str:
    if not is_plugin(reference):
        raise ValueError("module:name, a name in a Python file beside the configuration")
    return reference


PluginReference = Annotated[str, AfterValidator(_as_plugin)]
"""A plug-in as ``module:name`` (`powrl.player.plugins`)."""
