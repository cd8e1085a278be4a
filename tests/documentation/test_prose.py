"""README and tutorials are short, in short sentences."""

import statistics
from pathlib import Path

import pytest

from documentation import tutorials
from documentation.prose import sentences, words

README = Path(__file__).parents[2] / "README.md"
PAGES = [README, *tutorials.pages()]


def test_the_readme_is_short():
    text = README.read_text(encoding="utf-8")
    assert words(text) <= 900
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sentences_are_short(page):
    texts = sentences(page.read_text(encoding="utf-8"))
    longest = max(texts, key=words)
    assert words(longest) <= 40, longest
    assert statistics.median(map(words, texts)) <= 20


def test_code_tables_and_headings_are_no_sentences():
    text = "# Title\n\nOne [link](x.md) here. Two:\n\n```\ncode.\n```\n\n- three\n\n| a | b |\n"
    assert sentences(text) == ["One link here.", "Two:", "three"]
