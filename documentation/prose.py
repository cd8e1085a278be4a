"""The sentences of a page."""

from __future__ import annotations

import re

_LEFT_OUT = (
    re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^ *(\||#|\[[\w-]+\]: |:::|--8<--|!!!).*$", re.MULTILINE),
)
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?")
_ITEM = re.compile(r"^ *(?:[-*]|\d+\.) +", re.MULTILINE)


def sentences(markdown: str) -> list[str]:
    """The sentences of a page, without its headings, tables and code.

    A paragraph, an item of a list and a colon end a sentence.
    """
    for pattern in _LEFT_OUT:
        markdown = pattern.sub("\n", markdown)
    text = _ITEM.sub("\n\n", _LINK.sub(r"\1", markdown))
    parts = (
        " ".join(sentence.split())
        for paragraph in re.split(r"\n\s*\n", text)
        for sentence in re.split(r"(?<=[.!?:;])\s+", paragraph)
    )
    return [sentence for sentence in parts if re.search(r"\w", sentence)]


def words(text: str) -> int:
    """The number of words, without the lines of tables and marks of comments."""
    text = re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL)
    return sum(bool(re.search(r"\w", word)) for word in text.split())
