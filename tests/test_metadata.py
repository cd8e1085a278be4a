"""The licence, the citation, the changelog and the metadata of the package agree."""

import re
from pathlib import Path

import yaml

import powrl

ROOT = Path(__file__).parents[1]
METADATA = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def metadata(key: str) -> str:
    return re.search(rf'^{key} = "(.+)"$', METADATA, re.MULTILINE)[1]


def test_name_and_licence_agree():
    assert metadata("name") == CITATION["title"] == "powrl"
    assert metadata("license") == CITATION["license"] == "MPL-2.0"
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("Mozilla Public License Version 2.0\n")
    assert "Exhibit B" in licence


def test_the_version_stands_in_the_citation_and_the_changelog():
    assert str(CITATION["version"]) == powrl.__version__
    assert f"\n## {powrl.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_names_the_paper():
    (paper,) = CITATION["references"]
    assert [author["family-names"] for author in paper["authors"]] == [
        "Chauhan",
        "Baranwal",
        "Basumatary",
    ]
    assert paper["identifiers"][0]["value"] == "arXiv:2212.02397"
