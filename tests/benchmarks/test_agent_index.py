"""A shipped agent that has changed gets the next version."""

from benchmarks.agent_index import updated
from powrl.workspace.agent_index import AgentRecord


def test_a_new_digest_is_a_new_minor_version():
    record = AgentRecord("1.2.0", "a", "what it is")
    assert updated(record, "a") == record
    assert updated(record, "b") == AgentRecord("1.3.0", "b", "what it is")
    assert updated(None, "b").version == "1.0.0"
