"""Reading YAML that a user wrote: a file, or the value of an option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import PowrlError, shown
from ..player.files import read_text

MAX_BYTES, MAX_NODES = 2**20, 100_000
"""Of a file, and values in it; aliases count as often as they stand for something."""

_INT, _TIMESTAMP = "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """YAML whose dates are texts, as scenarios have such names, and whose numbers have an end."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - an attribute of the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_whole_number(self, node: yaml.ScalarNode) -> int:
        """A whole number of 64 bits: databases, arrays and TensorBoard hold no larger one."""
        value = int(self.construct_yaml_int(node))
        if not has_64_bits(value):
            raise ValueError(f"{shown(node.value)} is a whole number of more than 64 bits")
        return value


_Loader.add_constructor(_INT, _Loader.construct_whole_number)


def has_64_bits(number: int) -> bool:
    """Whether a file of settings may hold a whole number.

    Examples
    --------
    >>> has_64_bits(2**63 - 1), has_64_bits(2**63)
    (True, False)
    """
    return -(2**63) <= number < 2**63


def load_yaml(text: str) -> Any:
    """The value of a YAML text.

    Raises
    ------
    ValueError
        It is no YAML, a value is none of its kind, or it stands for more than `MAX_NODES` values.

    Examples
    --------
    >>> load_yaml("{names: 2050-01-03, seed: 3}")
    {'names': '2050-01-03', 'seed': 3}
    """
    try:
        return _load(text)
    except (
        yaml.YAMLError,
        *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    ) as error:  # its constructors raise what Python does
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def _load(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def read_mapping(path: str | Path, kind: str) -> dict[str, Any]:
    """The keys and values of a file.

    Raises
    ------
    PowrlError
        It cannot be read, is no YAML, or holds something else; `kind` it should be.
    """
    try:
        body = load_yaml(read_text(Path(path), MAX_BYTES))
    except OSError as error:
        raise PowrlError(f"cannot read the {kind} {path} ({error.strerror}).") from error
    except ValueError as error:
        raise PowrlError(f"the {kind} {path} {_verb(kind)} no YAML ({error}).") from error
    if not isinstance(body, dict):
        raise PowrlError(f"the {kind} {path} {_verb(kind)} empty or no mapping of keys to values.")
    return body


def _count(node: yaml.Node, counted: dict[int, int | None]) -> int:
    """The number of values that a node stands for."""
    if id(node) in counted:
        number_before = counted[id(node)]
        if number_before is None:
            raise ValueError("a value contains itself")
        return number_before
    counted[id(node)] = None
    number = 1
    if isinstance(node, yaml.MappingNode):
        _require_each_key_once(node)
        number += sum(_count(part, counted) for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        number += sum(_count(part, counted) for part in node.value)
    else:
        node.value.encode()  # half characters can be written nowhere
    if number > MAX_NODES:
        raise ValueError(f"it stands for more than {MAX_NODES:,} values; write less by aliases")
    counted[id(node)] = number
    return number


def _require_each_key_once(mapping: yaml.MappingNode) -> None:
    keys = set()
    for key, _ in mapping.value:
        if isinstance(key, yaml.ScalarNode):
            if (key.tag, key.value) in keys:
                raise ValueError(f"the key {shown(key.value)} is given twice")
            keys.add((key.tag, key.value))


def _verb(kind: str) -> str:
    return "are" if kind.endswith("s") else "is"
