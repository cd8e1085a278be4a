"""README and tutorials are short, in short sentences; no sentence of the documentation is long."""

import statistics
from pathlib import Path

import pytest

from documentation import tutorials
from documentation.prose import sentences, words

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIALS = tutorials.pages()
MAX_WORDS = 40


def test_the_readme_is_short():
    text = README.read_text(encoding="utf-8")
    assert words(text) <= 900
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("page", [README, *TUTORIALS], ids=lambda page: page.name)
def test_most_sentences_are_short(page):
    assert statistics.median(map(words, sentences(page.read_text(encoding="utf-8")))) <= 20


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "agents").rglob("*.md")],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_no_sentence_is_long(page):
    longest = max(sentences(page.read_text(encoding="utf-8")), key=words)
    assert words(longest) <= MAX_WORDS, longest


def test_code_tables_and_headings_are_no_sentences():
    text = "# Title\n\nOne [link](x.md) here. Two:\n\n```\ncode.\n```\n\n- three\n\n| a | b |\n"
    assert sentences(text) == ["One link here.", "Two:", "three"]
