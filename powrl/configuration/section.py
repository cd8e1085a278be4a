"""The base of the sections of a configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ..player.plugins import is_plugin


class Section(BaseModel):
    """Keys and values that are checked when they are read, and do not change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _as_plugin(reference: str) -> str:
    if not is_plugin(reference):
        raise ValueError("module:name, a name in a Python file beside the configuration")
    return reference


PluginReference = Annotated[str, AfterValidator(_as_plugin)]
"""A plug-in as ``module:name`` (`powrl.player.plugins`)."""
