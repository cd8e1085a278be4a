"""Training an agent: reproducible, resumable, evaluated on the validation split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from ..configuration.loading import load_configuration
from ..configuration.sections import Configuration, SplitName
from ..engines.engine import open_engine
from ..environments.opening import open_environment, require_grid_of, require_readable
from ..errors import PowrlError
from ..player.policy.features import Features
from ..player.rules.redispatching import require_lines
from ..workspace.runs import command_line, run_folder
from .algorithms.making import make_algorithm
from .attacks import require_attackable
from .callbacks import Callbacks
from .course import AGENT_FOLDER, Course, Reporter
from .environment import PowRLEnvironment, count_features, load_actions
from .initial_agent import InitialAgent
from .run_files import CONFIGURATION_FILE, write_start
from .validation import Validator


def train_configuration(
    configuration: str | Path,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    data: str | None = None,
    init: str | Path | None = None,
    jobs: int = 2,
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
        Number of processes that play the episodes.
    on_row:
        Called with each row of the curve, and with ``{"lessons": n}`` while the search plays.
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
    >>> agent = train_configuration(
    ...     "case14", overrides=["training.timesteps=2000"], on_row=print
    ... )  # doctest: +SKIP
    >>> agent.name  # doctest: +SKIP
    'agent'
    """
    settings = load_configuration(configuration, overrides, data)
    require_usable(settings, init)
    with run_folder("train", output) as folder:
        settings = write_start(folder, settings)
        if on_folder is not None:
            on_folder(folder, settings)
        return train(settings, folder, command_line(), on_progress=on_row, jobs=jobs, init=init)


def resume_training(
    folder: Path,
    overrides: Sequence[str] = (),
    data: str | None = None,
    jobs: int = 2,
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
        It is no run folder, or has no usable checkpoint.

    Examples
    --------
    >>> resume_training(
    ...     Path("runs/train-20260101-120000"), ["training.timesteps=4000"]
    ... )  # doctest: +SKIP
    """
    if not (folder / CONFIGURATION_FILE).is_file():
        raise PowrlError(f"{folder} is no run folder of powrl train: it has no configuration.")
    settings = load_configuration(folder / CONFIGURATION_FILE, overrides, data)
    if on_folder is not None:
        on_folder(folder, settings)
    return train(settings, folder, command_line(), True, on_row, jobs)


def train(
    configuration: Configuration,
    folder: Path,
    command: str,
    resume: bool = False,
    on_progress: Reporter | None = None,
    jobs: int = 1,
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
        Called with each row of the curve, and with ``{"lessons": n}`` when the search has played n
        episodes.
    jobs:
        Processes that play the episodes.
    init:
        An agent to start from; it makes no difference to a training that is resumed.

    Raises
    ------
    PowrlError
        The configuration cannot be used, or there is no usable checkpoint to resume from.
    """
    with ExitStack() as stack:
        # sums of several threads may differ in the last bit
        stack.enter_context(threadpool_limits(1))
        scenarios = configuration.scenarios_of("train")
        engine = open_engine(configuration.engine, scenarios, cached=False)
        stack.callback(engine.close)
        spaces = PowRLEnvironment(configuration, engine=engine)
        n_features, n_actions = spaces.observation_space.shape[0], int(spaces.action_space.n)
        algorithm = make_algorithm(configuration, n_features, n_actions)
        algorithm.log_to(folder / "tensorboard")
        stack.callback(algorithm.close)
        validator = Validator(configuration)
        stack.callback(validator.close)
        callbacks = Callbacks(configuration)

        def report(row: dict[str, Any]) -> None:
            if on_progress is not None:
                on_progress(row)
            if "lessons" not in row:
                callbacks.on_row(row)

        course = Course(configuration, folder, command, algorithm, validator, report, jobs)
        if resume:
            course.restore()
        elif init is not None:
            InitialAgent(init).initialise(algorithm, configuration, validator.actions)
        callbacks.on_start(folder)
        course.run(spaces.scenarios)
        callbacks.on_end(folder)
    return folder / AGENT_FOLDER


def require_usable(configuration: Configuration, init: str | Path | None = None) -> None:
    """Refuse a configuration that cannot be trained, before anything is made.

    Parameters
    ----------
    init:
        An agent to start from.

    Raises
    ------
    PowrlError
        A split has no scenarios, or scenarios of another grid; the action file is missing,
        damaged or for another grid; a contingency or an attacked line is no line of the grid; a
        plug-in, the algorithm or the network cannot be used; or the agent to start from does not
        fit.
    """
    splits: tuple[SplitName, ...] = ("train", "validation")
    for split in splits:
        environment = open_environment(configuration.scenarios_of(split))
        try:
            require_grid_of(environment, configuration.environment)
            require_readable(environment)
            actions = load_actions(configuration, environment)
            require_lines(environment.name_line, configuration.overload)
            require_attackable(environment.name_line, configuration.training.attacked_lines)
        finally:
            environment.close()
    engine = open_engine(configuration.engine, configuration.scenarios_of("train"), cached=False)
    try:
        features = Features(configuration.observation, configuration.plugin_folders())
        n_features = count_features(features, engine)
    finally:
        engine.close()
    algorithm = make_algorithm(configuration, n_features, len(actions) + 1)
    if init is not None:
        InitialAgent(init).initialise(algorithm, configuration, actions)
