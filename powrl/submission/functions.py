"""Packaging and checking as functions, as the commands do them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..editions.editions import Edition, EditionName, find_edition
from ..environments.opening import BUNDLED
from ..errors import ConfigurationError, wrong_value
from ..player.files import checked_path
from ..workspace.shipped import find_agent
from .check import Report, check_submission
from .dry_run import DryRun
from .imported_modules import imported_modules
from .stack import stack_of


def package(
    agent: str | Path,
    output: str | Path | None = None,
    *,
    edition: str | EditionName | None = None,
    force: bool = False,
) -> Path:
    """Package an agent as a submission zip for an L2RPN competition.

    Parameters
    ----------
    agent:
        Folder of an agent or of its training, or ``<environment>/<name>`` of a shipped one.
    output:
        The zip; by default ``submissions/<environment>-<name>.zip``.
    edition:
        Name of the competition that it is for, within whose limit of time the agent then keeps.
    force:
        Whether a zip that is there already is overwritten.

    Returns
    -------
    Path
        The zip.

    Raises
    ------
    PowrlError
        The agent is damaged or cannot run on a server, or the zip cannot be written.

    Examples
    --------
    >>> powrl.package("l2rpn_icaps_2021/search", edition="icaps2021")  # doctest: +SKIP
    """
    folder, competition = find_agent(str(agent)), find_edition(edition)
    from .package import package_agent

    target = None if output is None else checked_path(output, "output")
    return package_agent(folder, target, force, competition)


def check(
    submission: str | Path,
    *,
    environment: str = "",
    edition: str | EditionName | None = None,
    stack: bool = False,
    data: str = BUNDLED,
    steps: int = 200,
    scenarios: int = 2,
    timeout: float = 600.0,
    memory: float = 16.0,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Check a submission zip: unpack it safely, then play it as the server does.

    The submission's code is run, with your rights: check what you trust.

    Parameters
    ----------
    submission:
        The zip.
    environment:
        Name of the environment; by default the one that a powrl agent names.
    edition:
        Name of the competition that it is for: its environment and its limit of time.
    stack:
        Whether it runs with the package versions that the edition's server had.
    data:
        ``"bundled"`` with grid2op, or an environment folder.
    steps, scenarios:
        How many steps of each scenario, and how many scenarios.
    timeout, memory:
        Seconds until the check is given up, and GB that the submission may ask for.
    on_progress:
        Called with what is being done while a stack is built.

    Returns
    -------
    Report
        Its `verdicts`, and the first `failure` or None.

    Raises
    ------
    PowrlError
        The zip is refused before anything of it is run, or the options contradict each other.

    Examples
    --------
    >>> report = powrl.check("submission.zip", steps=50)  # doctest: +SKIP
    >>> report.failure is None  # doctest: +SKIP
    True
    """
    if environment and data != BUNDLED:
        raise ConfigurationError(
            "--data names an environment folder, which tells the environment; leave out "
            "--environment."
        )
    path = checked_path(submission, "submission")
    competition = find_edition(edition)
    if stack and competition is None:
        raise ConfigurationError(
            "--stack needs to know whose packages; name the competition by --edition."
        )
    _require_numbers(steps, scenarios, timeout, memory)
    environment = _environment_of(competition, environment, data)
    server = None
    if stack and competition:
        server = stack_of(competition, on_progress, imported_modules(path))
    job = DryRun(environment, data, steps, scenarios, timeout, int(memory * 1e9))
    return check_submission(path, job, competition, server)


def _require_numbers(steps: int, scenarios: int, timeout: float, memory: float) -> None:
    """Refuse what the command refuses, too."""
    for key, number in {"steps": steps, "scenarios": scenarios}.items():
        if type(number) is not int or number < 1:
            raise ConfigurationError(wrong_value(key, number, "a whole number of 1 or more"))
    for key, limited, maximum in (("timeout", timeout, 86_400), ("memory", memory, 1024)):
        if type(limited) not in (int, float) or not 1 <= limited <= maximum:
            raise ConfigurationError(wrong_value(key, limited, f"a number from 1 to {maximum:,}"))


def _environment_of(competition: Edition | None, environment: str, data: str) -> str:
    """The environment to play: that which is named, or that of the competition."""
    if competition is None:
        return environment
    if data != BUNDLED:
        competition.require_played_on(Path(data).resolve().name)
        return environment
    if environment and environment not in competition.environments:
        raise ConfigurationError(
            f"{competition.title} was not played on {environment}; leave out --environment or "
            "--edition."
        )
    return environment or competition.bundled
