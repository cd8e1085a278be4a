"""Checking whether a competition's server would accept and play a submission zip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from ..editions.editions import EDITIONS, Edition
from ..editions.stacks import stacks_with
from ..environments.opening import BUNDLED
from ..errors import PowrlError, count
from ..player.agent_folder import AGENT_FILE
from ..storage.temporary import temporary_folder
from ..workspace.processes import require_posix
from .advice import why_it_failed
from .dry_run import DryRun, ProcessResult, dry_run
from .runtime import AGENT_FOLDER
from .server import Server, server_here
from .server_kit.manipulations import KINDS
from .unpacking import Unpacked, named_environment, unpack

CheckOutcome = Literal["passed", "warning", "failed", "not tried"]

_STAGES = {
    "environment": "the environment opens",
    "import": "the submission can be imported",
    "make_agent": "make_agent makes an agent",
    "play": "the agent plays",
}

_MUCH_TIME = 0.5
"""Of what an edition allows."""


@dataclass(frozen=True)
class Verdict:
    """One thing that was checked.

    Attributes
    ----------
    check:
        What should be so.
    outcome:
        ``"passed"``, ``"failed"``, ``"warning"`` for what the server lets pass but costs score, or
        ``"not tried"`` for what needs a package that the server had and this machine lacks.
    finding:
        What was found; unless it passed, also what to do.
    """

    check: str
    outcome: CheckOutcome
    finding: str


@dataclass(frozen=True)
class Report:
    """All verdicts on a zip, in the order of the checks.

    A failure until the agent plays ends them; of how it played, several may fail.

    Attributes
    ----------
    verdicts:
        One for each check.
    traceback, output:
        Of the failure, and the last lines that the submission wrote.
    """

    verdicts: tuple[Verdict, ...]
    traceback: str
    output: str

    @property
    def failure(self) -> Verdict | None:
        """The first check that failed, or None."""
        return next((verdict for verdict in self.verdicts if verdict.outcome == "failed"), None)


def check_submission(
    path: Path, job: DryRun, edition: Edition | None = None, server: Server | None = None
) -> Report:
    """Unpack a zip safely, and play it in a clean process with what a server has installed.

    The process is kept apart so that the check is fair, not to guard against malice: the
    submission's code runs with the rights of who checks it.

    Parameters
    ----------
    job:
        What to play; a zip of ``powrl package`` names its environment itself.
    edition:
        The competition whose limit of time counts.
    server:
        What it runs on, this interpreter when left out.

    Raises
    ------
    PowrlError
        The zip is refused before anything of it is run, the environment cannot be had, or this is
        Windows.
    """
    require_posix("powrl check, which ends all that a submission starts,")
    with temporary_folder("powrl-check-") as temporary:
        root, work = temporary / "unpacked", temporary / "work"
        root.mkdir()
        work.mkdir()
        unpacked = unpack(path, root)
        if not job.environment and job.data == BUNDLED:
            job = replace(job, environment=_named_environment(path))
        server = server or server_here(edition)
        process = dry_run(root, work, job, server)
    failure = process.result["failure"] or {}
    return Report(
        verdicts=(_unpacked(unpacked), *_verdicts(process, job, edition, server.absent)),
        traceback=failure.get("traceback", ""),
        output=process.output,
    )


def _named_environment(path: Path) -> str:
    """The environment that the zip's own ``agent.json`` names."""
    environment = named_environment(path)
    if environment is None:
        raise PowrlError(
            f"{path} does not name its environment in {AGENT_FOLDER}/{AGENT_FILE}; name it "
            "with --environment."
        )
    return environment


def _unpacked(unpacked: Unpacked) -> Verdict:
    size = unpacked.n_bytes / 1e6
    return Verdict(
        "the zip unpacks as a submission",
        "passed",
        f"{count(unpacked.n_files, 'file')}, {size:.1f} MB",
    )


def _verdicts(
    process: ProcessResult,
    job: DryRun,
    edition: Edition | None,
    absent: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Verdict]:
    result = process.result
    for stage, check in _STAGES.items():
        if stage == result["stage"]:
            module = (result["failure"] or {}).get("module") or ""
            if module in absent:
                yield Verdict(check, "not tried", _how_to_try(module, absent[module], edition))
                return
            yield Verdict(check, "failed", why_it_failed(process, job))
            return
        yield Verdict(check, "passed", _finding(stage, result, job))
    if process.exit_code != 0:
        yield Verdict("its process ends by itself", "failed", why_it_failed(process, job))
        return
    yield from _packages(result["imported"], edition)
    yield from _failures(result["episodes"])
    yield from _manipulations(result["manipulations"])
    yield _legality(result["episodes"])
    yield _time(result, edition)


def _finding(stage: str, result: dict[str, Any], job: DryRun) -> str:
    episodes = result["episodes"]
    if stage == "environment":
        versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        return f"{job.name}, on {versions}"
    if stage == "import":
        return "without what a server lacks"
    if stage == "make_agent":
        return f"in {result['make_agent_seconds']:.1f} s"
    lost = sum(episode["game_over"] for episode in episodes)
    steps = sum(episode["steps"] for episode in episodes)
    return f"steps: {steps}, scenarios: {len(episodes)}, game over: {lost}"


def _how_to_try(module: str, requirement: str, edition: Edition | None) -> str:
    """What a package that is not installed here asks for."""
    if edition is None:
        titles = _titles(stacks_with([module]))
        return (
            f"it imports {module!r}, which the servers of {titles} had and which is not installed "
            "here; name the competition with --edition, and add --stack, or pip install it"
        )
    return (
        f"it imports {module!r}, which the server of {edition.title} had and which is not "
        f"installed here; add --stack, or: pip install {requirement}"
    )


def _packages(imported: Sequence[str], edition: Edition | None) -> Iterator[Verdict]:
    """Of packages that some servers had besides grid2op and what it needs; where any is used."""
    if not imported:
        return
    check, names = "the server has its packages", ", ".join(imported)
    if edition is not None:
        yield Verdict(check, "passed", f"{names}: the server of {edition.title} had them")
        return
    editions = stacks_with(imported)
    servers = f"only those of {_titles(editions)} had" if editions else "no server had together"
    finding = f"it imports {names}, which {servers}; name the competition with --edition"
    yield Verdict(check, "warning", finding)


def _titles(editions: Sequence[str]) -> str:
    chosen = [EDITIONS[name] for name in editions]
    return ", ".join(edition.title for edition in chosen if not edition.noisy)


def _failures(episodes: list[dict[str, Any]]) -> Iterator[Verdict]:
    """Of decisions that failed inside an agent of powrl, which then does nothing; where any did."""
    steps, failed = (sum(episode[key] for episode in episodes) for key in ("steps", "failed"))
    if failed:
        yield Verdict(
            "its decisions do not fail",
            "failed",
            f"{failed} of {count(steps, 'decision')} ended in an error, and nothing was done "
            "in their place; mend what the output tells",
        )


def _manipulations(manipulations: list[str]) -> Iterator[Verdict]:
    """Of an agent that changes more than the grid; where it does."""
    if manipulations:
        noted = [text.partition(": ") for text in manipulations]
        finding = "; ".join(f"it {KINDS.get(kind, kind)} ({names})" for kind, _, names in noted)
        yield Verdict(
            "it changes nothing but the grid",
            "warning",
            f"{finding}; a server lets it, but whoever judges may not: work on copies, and leave "
            "the rest as it is",
        )


def _legality(episodes: list[dict[str, Any]]) -> Verdict:
    check = "its actions are legal"
    steps, illegal, ambiguous = (
        sum(episode[key] for episode in episodes) for key in ("steps", "illegal", "ambiguous")
    )
    if illegal or ambiguous:
        finding = (
            f"{illegal} illegal and {ambiguous} ambiguous of {count(steps, 'action')}; the server "
            "does nothing in their place, so respect the cooldowns and the rules of the environment"
        )
        return Verdict(check, "warning", finding)
    return Verdict(check, "passed", f"all of {steps}")


def _time(result: dict[str, Any], edition: Edition | None) -> Verdict:
    """Of decisions alone, and of all that the agent does in an edition."""
    check, episodes = "time per decision", result["episodes"]
    mean = sum(episode["act_seconds"] for episode in episodes) / sum(
        episode["steps"] for episode in episodes
    )
    worst = max(episode["worst_act_seconds"] for episode in episodes)
    finding = f"{1e3 * mean:.1f} ms on average, {1e3 * worst:.1f} ms at most"
    if edition is None or not edition.seconds:
        return Verdict(check, "passed", finding)
    resets = sum(episode["reset_seconds"] for episode in episodes)
    per_step = mean + resets / sum(episode["length"] for episode in episodes)
    expected = result["make_agent_seconds"] + per_step * edition.steps
    finding += (
        f"; with make_agent and resets {edition.steps:,} steps would take {expected:,.0f} s of the "
        f"{edition.seconds:,.0f} s that {edition.title} allows"
    )
    if expected > edition.seconds:
        return Verdict(check, "failed", f"{finding}, for the lowest score; make it faster")
    if expected > _MUCH_TIME * edition.seconds:
        return Verdict(check, "warning", f"{finding}; a server may be slower than this machine")
    return Verdict(check, "passed", finding)
