"""Write the versions and digests of the shipped agents into `agents/index.json`.

    python -m benchmarks.agent_index

An agent whose files have changed gets the next minor version; where its policy or actions are
others, write the next major version by hand.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from powrl.workspace.agent_index import INDEX_FILE, AgentRecord, agent_index, digest_of_agent
from powrl.workspace.shipped import shipped_agents, shipped_folder

FIRST = "1.0.0"


def updated(record: AgentRecord | None, digest: str) -> AgentRecord:
    """The record of an agent with a digest: the same, or that of the next minor version."""
    if record is None:
        return AgentRecord(FIRST, digest, "")
    if record.digest in ("", digest):
        return replace(record, digest=digest)
    major, minor, _ = map(int, record.version.split("."))
    return replace(record, version=f"{major}.{minor + 1}.0", digest=digest)


def main() -> None:
    """Write the index."""
    before = agent_index()
    records = {
        name: asdict(updated(before.get(name), digest_of_agent(folder)))
        for name, folder in shipped_agents().items()
    }
    path = shipped_folder("agents") / INDEX_FILE
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
