"""Training an agent: reproducible, resumable, evaluated on the validation split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..configuration.loading import load_configuration
from ..configuration.sections import Configuration
from ..environments.opening import require_place
from ..errors import PowrlError
from ..parallel.jobs import Jobs, require_jobs
from ..workspace.runs import command_line, locked, run_folder
from .run_files import (
    CONFIGURATION_FILE,
    checkpoints,
    require_same_environments,
    require_same_start,
    write_start,
)
from .training_report import write_report

if TYPE_CHECKING:
    from .algorithms.base import Algorithm
    from .callbacks import Callbacks
    from .course import Reporter


def train_configuration(
    configuration: str | Path,
    output: str | Path | None = None,
    overrides: Sequence[str] = (),
    data: str | None = None,
    init: str | Path | None = None,
    jobs: Jobs = 2,
    on_row: Reporter | None = None,
    on_folder: Callable[[Path, Configuration], None] | None = None,
) -> Path:
    """Train an agent as ``powrl train`` does.

    Parameters
    ----------
    configuration:
        Path of a YAML file, or the name of a shipped configuration.
    output:
        The run folder to make; ``runs/train-<date>-<time>`` when left out.
    overrides:
        ``"key.path=value"`` replaces a value of the configuration.
    data:
        Folder that holds the environment folders of the configuration.
    init:
        An agent to start from, as a folder or the name of a shipped agent.
    jobs:
        Number of processes that play the episodes, or a Ray cluster
        (`powrl.parallel.jobs.RayJobs`).
    on_row:
        Called with each row of the curve, which has the grid steps per second as ``fps`` after a
        rollout; with ``{"lessons": n}`` while the search plays, and with ``{"resumed": n, "over":
        False}`` after n decisions where a training goes on.
    on_folder:
        Called with the run folder and the configuration before the training begins.

    Returns
    -------
    Path
        Folder of the best agent.

    Raises
    ------
    PowrlError
        The configuration, its scenarios, a plug-in or the agent to start from cannot be used.

    Examples
    --------
    >>> agent = powrl.train(
    ...     "case14", overrides=["training.timesteps=2000"], on_row=print
    ... )  # doctest: +SKIP
    >>> agent.name  # doctest: +SKIP
    'agent'
    """
    require_jobs(jobs)
    settings = load_configuration(configuration, overrides, data)
    require_place(settings.scenarios_of("train"))
    from .requirements import require_usable

    require_usable(settings, init)
    with run_folder("train", output, checkpoints) as folder:
        settings = write_start(folder, settings)
        if on_folder is not None:
            on_folder(folder, settings)
        agent = train(settings, folder, command_line(), on_progress=on_row, jobs=jobs, init=init)
        write_report(folder)
    return agent


def resume_training(
    folder: Path,
    overrides: Sequence[str] = (),
    data: str | None = None,
    jobs: Jobs = 2,
    on_row: Reporter | None = None,
    on_folder: Callable[[Path, Configuration], None] | None = None,
) -> Path:
    """Go on with the training of a run folder, to the same weights as without a stop.

    Parameters
    ----------
    folder:
        The run folder.
    overrides, data, jobs, on_row, on_folder:
        As in `train_configuration`. An override may make the training longer.

    Returns
    -------
    Path
        Folder of the best agent.

    Raises
    ------
    PowrlError
        It is no run folder, has no usable checkpoint, or its configuration has changed.

    Examples
    --------
    >>> resume_training(
    ...     Path("runs/train-20260101-120000"), ["training.timesteps=4000"]
    ... )  # doctest: +SKIP
    """
    require_jobs(jobs)
    if not (folder / CONFIGURATION_FILE).is_file():
        raise PowrlError(f"{folder} is no run folder of powrl train: it has no configuration.")
    require_same_start(folder)
    settings = load_configuration(folder / CONFIGURATION_FILE, overrides, data)
    with locked(folder):
        if on_folder is not None:
            on_folder(folder, settings)
        require_same_environments(folder, settings)
        agent = train(settings, folder, command_line(), True, on_row, jobs)
        write_report(folder)
    return agent


def train(
    configuration: Configuration,
    folder: Path,
    command: str,
    resume: bool = False,
    on_progress: Reporter | None = None,
    jobs: Jobs = 1,
    init: str | Path | None = None,
) -> Path:
    """Train in a run folder, or go on with it; returns the folder of the best agent.

    Rollouts of whole episodes and updates of the network take turns. The seed and the number of a
    rollout fix all that it draws, so that neither a stop nor the number of processes changes
    anything. An imitation comes first where the configuration asks for it.

    Parameters
    ----------
    folder:
        Gets the checkpoint, ``curve.jsonl`` (one line per rollout or validation),
        ``tensorboard/`` and ``agent/``: the agent with the best validation.
    command:
        Written on the agent's card.
    on_progress:
        As `on_row` of `train_configuration`.
    jobs:
        Processes that play the episodes, or a cluster.
    init:
        An agent to start from; it makes no difference to a training that is resumed.

    Raises
    ------
    PowrlError
        The configuration cannot be used, or there is no usable checkpoint to resume from.
    """
    from threadpoolctl import threadpool_limits

    from .callbacks import Callbacks
    from .course import AGENT_FOLDER, Course
    from .initial_agent import InitialAgent
    from .validation import Validator

    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))  # of several, sums may differ in the last bit
        algorithm, scenarios = _algorithm(configuration)
        stack.callback(algorithm.close)
        algorithm.log_to(folder / "tensorboard")
        _log_start(algorithm, configuration)
        validator = stack.enter_context(closing(Validator(configuration, jobs)))
        callbacks = Callbacks(configuration)
        report = _reporter(on_progress, callbacks)
        course = Course(configuration, folder, command, algorithm, validator, report, jobs)
        if resume:
            course.restore()
            report({"resumed": course.timesteps, "over": course.is_over})
        elif init is not None:
            InitialAgent(init).initialise(algorithm, configuration, validator.actions)
        callbacks.on_start(folder)
        course.run(scenarios)
        callbacks.on_end(folder)
    return folder / AGENT_FOLDER


def _reporter(on_progress: Reporter | None, callbacks: Callbacks) -> Reporter:
    """What hands a row to `on_progress`, and one of the curve to the callbacks."""

    def report(row: dict[str, Any]) -> None:
        if on_progress is not None:
            on_progress(row)
        if "timesteps" in row:
            callbacks.on_row(row)

    return report


def _log_start(algorithm: Algorithm, configuration: Configuration) -> None:
    """Log the configuration, as a text and as hyper-parameters of the validation."""
    text = configuration.to_yaml()
    indented = "".join(f"    {line}\n" for line in text.splitlines())  # a code block in Markdown
    algorithm.log_start(indented, configuration.hyperparameters(), ["validation/survival"])


def _algorithm(configuration: Configuration) -> tuple[Algorithm, list[str]]:
    """The algorithm, of the sizes of the environment, and the names of the training scenarios."""
    from ..engines.opening import open_engine
    from .algorithms.making import make_algorithm
    from .environment import PowRLEnvironment

    scenarios = configuration.scenarios_of("train")
    with closing(open_engine(configuration.engine, scenarios, cached=False)) as engine:
        environment = PowRLEnvironment(configuration, engine=engine)
        n_features, n_actions = environment.observation_space.shape[0], environment.action_space.n
        algorithm = make_algorithm(configuration, n_features, int(n_actions))
        return algorithm, environment.scenarios
