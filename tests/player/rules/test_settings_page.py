"""The page of the overload manager tells every setting with its default."""

import json
import re
from pathlib import Path

import pytest

from powrl.player.rules.settings import OverloadSettings

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "decision.md"
DEFAULTS = OverloadSettings().values()


@pytest.mark.parametrize("setting", DEFAULTS)
def test_the_page_tells_the_default(setting):
    default = "none" if DEFAULTS[setting] == () else json.dumps(DEFAULTS[setting])
    assert f"| `{setting}` | {default} |" in PAGE.read_text(encoding="utf-8")


def test_the_page_tells_each_setting_once_and_no_other():
    tables = re.findall(
        r"\| setting \| default \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)",
        PAGE.read_text(encoding="utf-8"),
    )
    rows = [re.match(r"\| `(\w+)` \|", row)[1] for table in tables for row in table.splitlines()]
    assert sorted(rows) == sorted(DEFAULTS)
