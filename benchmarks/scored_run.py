"""Scorings that the same command begins, goes on with, and finds finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from powrl.cli.interruption import Resumable
from powrl.cli.score_display import displayed
from powrl.environments.opening import BUNDLED
from powrl.errors import PowrlError
from powrl.scoring.fingerprint import read_request
from powrl.scoring.request import Request
from powrl.scoring.run import make_request, resume, score
from powrl.scoring.run_folder import RunFolder


def play(
    agents: Mapping[str, str],
    output: Path,
    jobs: int,
    *,
    data: str = BUNDLED,
    scenarios: str = ".*",
    seeds: int,
    max_steps: int | None = None,
) -> RunFolder:
    """Score agents by name into a run folder, unless it holds all their scores.

    Raises
    ------
    PowrlError
        As `powrl.scoring.run.score` does, or the folder holds a scoring of something else.
    """
    files = RunFolder(output)
    with displayed(Resumable()) as display:
        if not files.request.exists():
            score(
                agents,
                data=data,
                scenarios=scenarios,
                seeds=seeds,
                max_steps=max_steps,
                jobs=jobs,
                output=output,
                untrained=False,
                on_start=display.start,
                on_reference=display.reference,
                on_score=display.score,
            )
            return files
        request, _ = make_request(
            agents,
            data=data,
            scenarios=scenarios,
            seeds=seeds,
            max_steps=max_steps,
            untrained=False,
        )
        _require_same(files, request)
        if files.is_finished:
            display.console.print(f"{output} is finished", soft_wrap=True)
            return files
        resume(
            output,
            jobs=jobs,
            on_start=display.start,
            on_reference=display.reference,
            on_score=display.score,
        )
    return files


def _require_same(files: RunFolder, request: Request) -> None:
    """Refuse to go on with a scoring of other agents, settings or scenarios."""
    begun, _ = read_request(files.request)
    if request.folder is not None:
        request = replace(request, data=str(request.folder.resolve()))
    for field in fields(Request):
        if getattr(begun, field.name) != getattr(request, field.name):
            raise PowrlError(
                f"{files.path} holds a scoring with other {field.name}; choose another --output."
            )
