"""What a module imports of the sources beside it."""

from __future__ import annotations

from pathlib import Path

from powrl.storage.imported_sources import imported_sources

SOURCES = {
    "agent.py": "import json, helper\nfrom kit.deep import core as heart\nimport space.part\n",
    "helper.py": "def late():\n    from other import *\n",
    "other.py": "import agent",
    "kit/__init__.py": "from . import beside",
    "kit/beside.py": "from .. import above_all",
    "kit/deep/__init__.py": "",
    "kit/deep/core.py": "from ..sister.name import something\nfrom ...... import too_far",
    "kit/sister/__init__.py": "",
    "kit/sister/name.py": "class something: ...",
    "space/part.py": "",
    "above_all.py": "",
}
NOT_IMPORTED = ("alone.py", "kit/alone.py", "kit/json.py", "__init__.py", "something.py")


def test_all_that_is_imported_is_found_and_nothing_else(tmp_path: Path) -> None:
    for name, source in {**SOURCES, **dict.fromkeys(NOT_IMPORTED, "")}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    sources = imported_sources(tmp_path / "agent.py")
    assert sources == sorted(tmp_path / name for name in SOURCES)
