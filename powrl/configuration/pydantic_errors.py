"""Pydantic's errors as one sentence for the author of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import of_another_version, shown, unknown_key
from ..player.rules.setting import SettingError, UnknownSettingError

SYNONYMS = {
    "activation_fn": "activation",
    "ent_coef": "entropy_coefficient",
    "lr": "learning_rate",
    "net_arch": "layers",
    "total_timesteps": "timesteps",
}
"""Keys that users know from stable-baselines3 -> powrl's."""

_MAPPING = "keys with values, as {a: 1}"
_KINDS = {
    **dict.fromkeys(("dict_type", "model_type", "dataclass_type"), _MAPPING),
    "tuple_type": "a list in brackets, as [1, 2]",
}
"""Type of an error -> what is allowed."""

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""Types of errors about a key that a model does not have."""

_ALTERNATIVE = re.compile(r".*[\[(].*|int|float|bool|str|[A-Z]\w*")
"""What pydantic adds to the path of a value that may be of several types: the name of one."""


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem: path of the key, what was given, what is allowed.

    Parameters
    ----------
    model:
        The model that refused the values.
    """
    first = error.errors()[0]
    place = [key for key in first["loc"] if not _ALTERNATIVE.fullmatch(str(key))]
    where = ".".join(map(str, place))
    if first["type"] in _UNKNOWN:
        *parents, key = place
        if paths := _paths_of(str(key), model, parents):
            return f"{where}: unknown key; give it as {' or '.join(paths)}"
        return ".".join(map(str, (*parents, unknown_key(str(key), _keys(model, parents)))))
    if first["type"] in ("missing", "missing_argument"):
        return f"{where}: this key is missing"
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, SettingError):
        return f"{where}.{cause}"
    message = _KINDS.get(first["type"], first["msg"][0].lower() + first["msg"][1:])
    if first["type"] == "too_short":
        message = f"a list of at least {first['ctx']['min_length']}"
    allowed = str(cause) if cause else message
    return f"{where}: {shown(first['input'])} was given, allowed: {allowed}"


def explain_file(
    error: ValidationError, model: type[BaseModel], kind: str, options: Iterable[str] = ()
) -> str:
    """`explain` for the values of a file, whose unknown keys may be those of another version.

    Parameters
    ----------
    kind:
        What the file is, as ``"the configuration"``.
    options:
        What the user gave besides the file; a key in it is not the file's.
    """
    text, first = explain(error, model), error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    is_unknown = first["type"] in _UNKNOWN or isinstance(cause, UnknownSettingError)
    key = text.partition(": ")[0].rpartition(".")[2]
    if not is_unknown or any(key in part for part in options):
        return text
    return text + of_another_version(kind)


def _paths_of(key: str, model: type[BaseModel], parents: Sequence[Any]) -> list[str]:
    """Where a model has a key that is unknown below `parents`, or the one that it stands for."""
    name = SYNONYMS.get(key, key)
    if name in _keys(model, parents):
        return [".".join(map(str, (*parents, name)))]
    return [f"{part}.{name}" for part in _keys(model, ()) if name in _keys(model, (part,))]


def _keys(model: type[BaseModel], parents: Sequence[Any]) -> list[str]:
    """The keys of the section of a model that lies below some keys."""
    fields: Mapping[str, Any] = model.model_fields
    for key in parents:
        annotation = fields[key].annotation if key in fields else None
        fields = getattr(annotation, "model_fields", None) or getattr(
            annotation, "__dataclass_fields__", {}
        )
    return [name for name in fields if not name.startswith("_")]
