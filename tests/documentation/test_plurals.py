"""Messages say "1 row", never "1 rows": numbers get their nouns by `powrl.player.errors.count`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import powrl

ROOT = Path(powrl.__file__).parent
NOUNS = (
    "action|addition|agent|column|decision|episode|feature|file|finding|name|number|opponent|"
    "posture|rollout|row|scenario|seed|shard|state|step|substation|trial|week"
)
PLURAL = re.compile(rf" (?:(?!has|holds|lacks|names|of )[a-z]+ )?(?:{NOUNS})s\b")
IN_PAGES = re.compile(rf"(\S+) \}}\}} (?:[a-z]+ )?(?:{NOUNS})s\b")
ABOVE_ONE = {
    *("apart", "edition.steps", "last - first + 1", "len(entries)", "length", "row['fps']"),
    *("seeds", "self._progress.calm", "shards", "shown(weeks)", "split", "text", "time_step"),
}
"""Numbers that are not 1 wherever they are told, and texts that are no numbers."""


def counted_by_hand(source: str) -> Iterator[str]:
    """The numbers of formatted texts that a plural noun follows, as source text."""
    for text in ast.walk(ast.parse(source)):
        if not isinstance(text, ast.JoinedStr):
            continue
        for value, after in pairwise(text.values):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            number = ast.unparse(value.value)
            is_exempt = number.strip("_").isupper() or number in ABOVE_ONE
            if PLURAL.match(str(after.value)) and not is_exempt:
                yield f"{number}{str(after.value)[:20]!r}"


def test_a_number_gets_its_noun_by_one_function() -> None:
    assert list(counted_by_hand('f"{len(a)} scenarios are too few, of {MOST} steps"')) == [
        "len(a)' scenarios are too f'"
    ]
    faults = [
        f"{path.relative_to(ROOT)}: {number}"
        for path in sorted(ROOT.rglob("*.py"))
        for number in counted_by_hand(path.read_text(encoding="utf-8"))
    ]
    assert faults == []


def test_pages_count_with_it_too() -> None:
    faults = [
        f"{path.name}: {match[0]}"
        for path in sorted(ROOT.rglob("*.jinja"))
        for match in IN_PAGES.finditer(path.read_text(encoding="utf-8"))
        if match[1] not in ABOVE_ONE
    ]
    assert faults == []
