"""Writing an agent folder: settings, policy, actions and the card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..configuration.sections import Configuration
from ..environments.opening import BUNDLED, DOWNLOAD
from ..player.actions.action_set import ActionSet
from ..player.agent_folder import ACTIONS_FILE, AGENT_FILE, CARD_FILE, POLICY_FILE, AgentSettings
from ..player.files import refusing_unwritable, write_text_whole
from ..player.plugins import PLUGIN_FOLDER
from ..player.policy.network import Policy
from ..workspace.agent_index import HEADINGS
from ..workspace.plugin_files import plugin_sources, write_sources


def write_agent_folder(
    folder: Path, settings: AgentSettings, actions: ActionSet, policy: Policy, text: str
) -> None:
    """Write (or replace) an agent folder; after an error or Ctrl-C it is whole or as it was.

    The files of the plug-ins that the agent needs are copied to its folder ``plugins``.

    A kill between two renames leaves the old one beside it, as ``<name>.replaced``; the next call
    puts it back before it begins.

    Raises
    ------
    PowrlError
        The place cannot be written, or is full.
    """
    partial = folder.with_name(folder.name + ".partial")
    replaced = folder.with_name(folder.name + ".replaced")
    with refusing_unwritable(folder):
        _settle(replaced, folder)
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            write_text_whole(partial / AGENT_FILE, json.dumps(settings.to_json(), indent=1) + "\n")
            actions.save(partial / ACTIONS_FILE)
            policy.save(partial / POLICY_FILE)
            write_text_whole(partial / CARD_FILE, text)
            sources = plugin_sources(settings.plugins(), settings.plugin_folders)
            write_sources(sources, partial / PLUGIN_FOLDER)
            if folder.is_dir():
                folder.rename(replaced)
            partial.rename(folder)
        finally:
            _settle(replaced, folder)
            shutil.rmtree(partial, ignore_errors=True)


def _settle(replaced: Path, folder: Path) -> None:
    """Remove what was renamed aside, or put it back where nothing has taken its place."""
    if folder.exists():
        shutil.rmtree(replaced, ignore_errors=True)
    elif replaced.exists():
        replaced.rename(folder)


def card(configuration: Configuration, training: dict[str, Any], versions: dict[str, str]) -> str:
    """The card of an agent: what it is for and what made it, in Markdown.

    It has the headings of the shipped agents (`powrl.workspace.agent_index.HEADINGS`); what was not
    measured is said to be so.
    """
    facts = "\n".join(f"- {key}: `{value}`" for key, value in training.items())
    # the paths of this machine mean nothing to a reader of the card
    shown = configuration.model_copy(
        update={
            "actions": ACTIONS_FILE if configuration.actions != "unitary" else "unitary",
            "scenarios": configuration.scenarios.model_copy(
                update={"data": _shown(configuration.scenarios.data)}
            ),
        }
    )
    ran_on = "\n".join(f"- {key}: `{value}`" for key, value in versions.items())
    texts = (
        "The overload manager of powrl with a policy, trained by `powrl train`.",
        facts,
        "Not measured. Measure them: `powrl score AGENT`; `--cost-units 2020` for those of 2020.",
        "Not measured. The report of `powrl score` has the points lost to it.",
        "Not measured. The table of `powrl score` has it.",
        "Not measured. `powrl replay RUN` shows the blackouts of a scoring, and what came before.",
    )
    parts = [f"## {heading}\n\n{text}\n\n" for heading, text in zip(HEADINGS, texts, strict=True)]
    return (
        f"# Agent for {configuration.environment}\n\n"
        f"{''.join(parts)}"
        f"## Configuration\n```yaml\n{shown.to_yaml()}```\n\n"
        f"## Versions\n{ran_on}\n"
    )


def _shown(data: str | None) -> str | None:
    return data if data in (BUNDLED, DOWNLOAD) else None
