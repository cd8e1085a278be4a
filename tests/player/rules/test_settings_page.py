"""The page of the overload manager tells every setting with its default."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from powrl.player.rules.settings import OverloadSettings

PAGE = Path(__file__).parents[3] / "docs" / "overload-manager.md"


@pytest.mark.parametrize("setting", fields(OverloadSettings), ids=lambda each: each.name)
def test_the_page_tells_the_default(setting):
    default = "none" if setting.default == () else json.dumps(setting.default)
    assert f"| `{setting.name}` | {default} |" in PAGE.read_text(encoding="utf-8")
