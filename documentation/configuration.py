"""The tables of the configuration, from its sections and from the settings of the rules."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from powrl.configuration.learning_sections import ImitationSettings, RewardSettings
from powrl.configuration.scenario_sections import ScenarioSettings, Split
from powrl.configuration.sections import Configuration
from powrl.configuration.training_section import TrainingSettings
from powrl.configuration.tuning_section import TuningSettings
from powrl.player.rules.order import RULES
from powrl.player.rules.setting import RuleSettings
from powrl.player.rules.settings import OverloadSettings
from powrl.player.rules.situation import ManagerSettings

from .docstrings import attributes, summary


class PlainSchema(GenerateJsonSchema):
    """Leaves out the default of the settings of the rules, which pydantic cannot write."""

    ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012 - as pydantic has it


SECTIONS: dict[str, type[BaseModel]] = {
    "scenarios": ScenarioSettings,
    "scenarios.train": Split,
    "reward": RewardSettings,
    "imitation": ImitationSettings,
    "training": TrainingSettings,
    "tuning": TuningSettings,
}
"""Path of each section -> its class; the three splits are alike."""


def page() -> str:
    """Each key of a configuration, in Markdown."""
    lines = ["## At the top", "", *_table(Configuration)]
    for path, kind in SECTIONS.items():
        title = "scenarios: train, validation, test" if path == "scenarios.train" else path
        lines += ["", f"## {title}", "", summary(kind), "", *_table(kind)]
    return "\n".join(lines)


def settings_page() -> str:
    """Each setting of the overload manager, by rule, in Markdown."""
    lines = ["## All rules", "", *_settings_table(ManagerSettings)]
    titles: dict[type[RuleSettings], str] = {}
    for rule in RULES:
        lines += ["", f"## {rule.name.capitalize()}", "", summary(rule), ""]
        if rule.Settings in titles:
            lines.append(f"Its settings are those of {titles[rule.Settings]}.")
            continue
        titles[rule.Settings] = rule.name
        lines += _settings_table(rule.Settings)
    return "\n".join(lines)


def _table(kind: type[BaseModel]) -> list[str]:
    texts = attributes(kind)
    properties = kind.model_json_schema(schema_generator=PlainSchema)["properties"]
    lines = ["| key | default | allowed | meaning |", "|---|---|---|---|"]
    for name, field in kind.model_fields.items():
        allowed = _cell(allowed_values(properties[name]))
        lines.append(f"| `{name}` | {_default(field)} | {allowed} | {_cell(texts[name])} |")
    return lines


def _settings_table(kind: type[RuleSettings]) -> list[str]:
    texts = attributes(kind)
    lines = ["| setting | default | allowed | meaning |", "|---|---|---|---|"]
    for declared in fields(kind):
        allowed = declared.metadata.get("allowed")
        words = allowed.words if allowed else _type_words(declared.default)
        default = "none" if declared.default == () else json.dumps(declared.default)
        lines.append(f"| `{declared.name}` | {default} | {words} | {_cell(texts[declared.name])} |")
    return lines


def _type_words(default: object) -> str:
    if isinstance(default, bool):
        return "true or false"
    return "a list of names" if default == () else f"a {type(default).__name__}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == ():
        return "none"
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, OverloadSettings):
        return "those of the rules"
    return f"`{json.dumps(value, default=_plain)}`"


def _plain(section: BaseModel) -> dict[str, Any]:
    """A section inside a default, without the defaults of its own."""
    return section.model_dump(mode="json", exclude_defaults=True)


def allowed_values(schema: dict[str, Any]) -> str:
    """What a JSON schema allows, in words."""
    if "anyOf" in schema:
        return " or ".join(allowed_values(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "allOf" in schema or "$ref" in schema:
        return "a mapping"
    kind = schema.get("type")
    words = {
        "boolean": "true or false",
        "null": "none",
        "string": "a text",
        "object": "a mapping",
        "integer": f"a whole number{_bounds(schema)}",
        "number": f"a number{_bounds(schema)}",
    }
    if kind == "array":
        return f"a list, each {allowed_values(schema.get('items', {})) or 'of any value'}"
    return words.get(str(kind), "")


def _bounds(schema: dict[str, Any]) -> str:
    words = {
        "exclusiveMinimum": "above",
        "minimum": "from",
        "exclusiveMaximum": "below",
        "maximum": "up to",
    }
    parts = [f"{word} {schema[key]:g}" for key, word in words.items() if key in schema]
    return f" {', '.join(parts)}" if parts else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
