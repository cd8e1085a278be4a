"""What a configuration needs to be trained, checked before anything is made."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..configuration.sections import Configuration, SplitName
from ..engines.opening import open_engine
from ..environments.opening import open_environment, require_grid_of, require_readable
from ..player.policy.features import Features
from .algorithms.making import make_algorithm
from .attacks import attacks_of, require_attackable
from .environment import PowRLEnvironment, load_actions
from .initial_agent import InitialAgent


def require_usable(configuration: Configuration, init: str | Path | None = None) -> None:
    """Refuse a configuration that cannot be trained.

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
    features = Features(configuration.observation, configuration.plugin_folders())
    splits: tuple[SplitName, ...] = ("train", "validation")
    for split in splits:
        environment = open_environment(configuration.scenarios_of(split))
        try:
            require_grid_of(environment, configuration.environment)
            require_readable(environment)
            actions = load_actions(configuration, environment)
            n_features = features.size(environment)
            configuration.overload.require_lines(environment.name_line)
            require_attackable(environment.name_line, configuration.training.attacked_lines)
        finally:
            environment.close()
    if configuration.plugins():
        n_features = _made_with_plugins(configuration)
    algorithm = make_algorithm(configuration, n_features, len(actions) + 1)
    if init is not None:
        InitialAgent(init).initialise(algorithm, configuration, actions)


def _made_with_plugins(configuration: Configuration) -> int:
    """Number of features; whatever plug-ins make on a grid or for an episode is made once."""
    scenarios, attacks = configuration.scenarios_of("train"), attacks_of(configuration, "train")
    with closing(open_engine(configuration.engine, scenarios, **attacks)) as engine:
        environment = PowRLEnvironment(configuration, engine=engine)
        engine.start(engine.scenarios[0], 0)
        return int(environment.observation_space.shape[0])
