"""The JSON schema of configurations, by which editors complete and check them.

``python -m documentation.schema`` writes it to ``configs/configuration.schema.json``.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from powrl.configuration.sections import Configuration
from powrl.player.rules.settings import KINDS

from .configuration import SECTIONS, PlainSchema
from .docstrings import attributes

FILE = Path(__file__).resolve().parents[1] / "configs" / "configuration.schema.json"


def schema() -> dict[str, Any]:
    """The schema, with what the docstrings say of each key."""
    body = Configuration.model_json_schema(schema_generator=PlainSchema)
    body["title"] = "A configuration of powrl train"
    body.pop("description", None)
    _describe(body, Configuration)
    for kind in SECTIONS.values():
        definition = body["$defs"][kind.__name__]
        definition.pop("description", None)
        _describe(definition, kind)
    body["properties"]["overload"] = {
        "type": "object",
        "title": "Overload",
        "description": attributes(Configuration)["overload"],
        "properties": _settings(),
        "patternProperties": {"^[^:]+:[^:]+$": {"type": ["object", "null", "boolean"]}},
        "additionalProperties": False,
    }
    return body


def _describe(body: dict[str, Any], kind: type) -> None:
    texts = attributes(kind)
    for name, entry in body["properties"].items():
        entry["description"] = texts[name]


def _settings() -> dict[str, Any]:
    """The settings of the rules, which no pydantic knows."""
    types = {bool: "boolean", int: "integer", float: "number", str: "string", tuple: "array"}
    settings: dict[str, Any] = {}
    for kind in KINDS:
        texts = attributes(kind)
        for declared in fields(kind):
            allowed = declared.metadata.get("allowed")
            default = declared.default
            words = f" Allowed: {allowed.words}." if allowed else ""
            settings[declared.name] = {
                "type": types[type(default)],
                "default": list(default) if isinstance(default, tuple) else default,
                "description": texts[declared.name] + words,
            }
    return settings


def text() -> str:
    """The file."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
