"""Shipped agents are artefacts: version and digest hold, and cards have the same headings."""

from __future__ import annotations

import re
import shutil

import pytest

from powrl.player.agent_folder import AGENT_FILE, CARD_FILE
from powrl.workspace.agent_index import HEADINGS, agent_index, digest_of_agent
from powrl.workspace.shipped import find_agent, shipped_agents

AGENT = "rte_case14_realistic/powrl"


def test_the_index_has_all_shipped_agents_and_no_other():
    assert list(agent_index()) == list(shipped_agents())


@pytest.mark.parametrize("name", shipped_agents())
def test_a_changed_agent_has_a_new_version(name):
    """`python -m benchmarks.agent_index` writes it."""
    record = agent_index()[name]
    assert record.digest == digest_of_agent(find_agent(name))
    assert re.fullmatch(r"\d+\.\d+\.\d+", record.version)
    assert record.summary


@pytest.mark.parametrize("name", shipped_agents())
def test_each_card_has_the_same_headings_with_something_below(name):
    text = (find_agent(name) / CARD_FILE).read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    headings = [heading for heading in parts[1::2] if heading in HEADINGS]
    assert headings == list(HEADINGS)
    assert all(part.strip() for part in parts)
    assert "score in units of 2020" in text


def test_the_digest_is_that_of_what_decides(tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(find_agent(AGENT), folder)
    (folder / CARD_FILE).write_text("another card")
    assert digest_of_agent(folder) != agent_index()["l2rpn_wcci_2020/search"].digest
    assert digest_of_agent(folder) == agent_index()[AGENT].digest
    (folder / AGENT_FILE).write_text("{}")
    assert digest_of_agent(folder) != agent_index()[AGENT].digest
