"""The reference: every public name, command, key and setting has its entry."""

import json
import re
from pathlib import Path

import pytest
import yaml

import powrl.testing
from documentation import command_line, configuration, schema
from powrl.configuration.sections import Configuration
from powrl.player.rules.settings import OverloadSettings
from powrl.workspace.shipped import shipped_configurations

DOCS = Path(__file__).parents[2] / "docs"


def test_every_public_name_has_an_entry():
    entries = re.findall(r"^::: powrl\.(\w+)$", (DOCS / "reference" / "api.md").read_text(), re.M)
    assert sorted(entries) == sorted(powrl.__all__)


def test_every_conformance_test_has_an_entry():
    text = (DOCS / "reference" / "testing.md").read_text()
    entries = re.findall(r"^::: powrl\.testing\.(\w+)$", text, re.M)
    assert sorted(entries) == sorted(powrl.testing.__all__)


def test_every_page_of_the_lab_has_its_date_and_its_command():
    lab = DOCS / "lab"
    rows = re.findall(
        r"^\| \[[^\]]+\]\(([\w-]+\.md)\) \| .+ 20\d\d \| `.+` \|$",
        (lab / "index.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert sorted(rows) == sorted(page.name for page in lab.glob("*.md") if page.stem != "index")


def test_every_option_of_every_command_has_a_row_with_its_meaning():
    page = command_line.page()
    for name in command_line.commands():
        text = page.split(f"## powrl {name}\n")[1].partition("\n## ")[0]
        rows = [row.split(" | ") for row in text.splitlines() if row.startswith("| <code>")]
        assert rows[-1][0] == "| <code>-h, --help</code>", name
        assert all(re.search(r"\w", row[2]) for row in rows), name


def test_every_key_of_a_configuration_has_a_row():
    page = configuration.page()
    sections = {kind.__name__: kind for kind in (Configuration, *configuration.SECTIONS.values())}
    for kind in sections.values():
        for key in kind.model_fields:
            assert re.search(rf"^\| `{key}` \| .+ \| \S.* \|$", page, re.M), key


def test_every_setting_of_the_rules_has_a_row_with_its_default():
    page = configuration.settings_page()
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", page, re.M)
    defaults = {
        name: "none" if default == () else json.dumps(default)
        for name, default in OverloadSettings().values().items()
    }
    assert dict(rows) == defaults
    assert len(rows) == len(defaults)


def test_the_schema_is_that_of_the_code():
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), (
        "run python -m documentation.schema"
    )


@pytest.mark.parametrize("path", shipped_configurations().values(), ids=lambda path: path.stem)
def test_shipped_configurations_name_the_schema_and_use_its_keys(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={schema.FILE.name}\n")
    body, entire = yaml.safe_load(text), schema.schema()
    assert set(body) <= set(entire["properties"])
    assert set(body.get("overload", {})) <= set(entire["properties"]["overload"]["properties"])


def test_a_key_without_a_word_in_the_docstring_is_noticed(monkeypatch):
    monkeypatch.setattr(configuration, "attributes", lambda _: {})
    with pytest.raises(KeyError, match="environment"):
        configuration.page()
