"""Links between the files of the project lead somewhere; those of the site are mkdocs' to check.

Links to elsewhere are looked at, not followed: the tests need no network.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("agents", "examples", "submissions")
PAGES = [
    *ROOT.glob("*.md"),
    *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md")),
]


def links_of(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    return [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.M)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_a_file(page):
    for link in links_of(page):
        target = link.partition("#")[0]
        if target and not re.match(r"\w+:", target):
            assert (page.parent / target).exists(), link


@pytest.mark.parametrize(
    "page", [*PAGES, *(ROOT / "docs").rglob("*.md")], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_to_elsewhere_are_whole_and_encrypted(page):
    for link in links_of(page):
        if re.match(r"\w+:", link):
            parts = urlsplit(link)
            assert parts.scheme == "https", link
            assert re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", parts.netloc), link
