"""`powrl agents`: the list, and the card of one."""

from powrl.workspace.agent_index import HEADINGS, agent_index

AGENT = "l2rpn_icaps_2021/search"


def test_all_agents_are_listed_with_edition_version_and_digest(powrl, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, output, _ = powrl("agents")
    record = agent_index()[AGENT]
    line = next(line for line in output.splitlines() if line.split()[:1] == [AGENT])
    assert code == 0
    assert "ICAPS 2021" in line
    assert record.version in line
    assert record.digest[:12] in line
    firsts = [line.split()[0] for line in output.splitlines() if line.strip()]
    for name, other in agent_index().items():
        assert name in firsts  # whole, in 80 columns
        assert f"{name}: {other.summary[:10]}" in output


def test_the_card_of_an_agent_is_shown(powrl):
    _, output, _ = powrl("agents", AGENT)
    assert output.startswith(f"{AGENT}, version {agent_index()[AGENT].version}\nSHA-256 ")
    assert all(f"## {heading}" in output for heading in HEADINGS)


def test_an_unknown_agent_is_refused(powrl):
    code, _, complaint = powrl("agents", "missing/none")
    assert code == 2
    assert "there is no agent 'missing/none'" in complaint


def test_a_similar_agent_is_suggested(powrl):
    _, _, complaint = powrl("agents", AGENT[:-1])
    assert complaint.endswith(f"Did you mean {AGENT!r}?\n")
