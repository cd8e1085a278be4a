"""What an agent changes besides the grid: its observation, the rules of the game, other code.

grid2op lets it, and so does a server; whoever judges should know. What is noticed here is not
prevented: arrays stay writable, as an agent finds them on a server.
"""

from __future__ import annotations

import sys
import zlib
from functools import wraps
from operator import is_
from types import BuiltinFunctionType, FunctionType
from typing import Any, Callable, Iterable, Iterator, Mapping

OBSERVATION, ENVIRONMENT, REWARDS = "observation", "environment", "rewards"
FORECASTS, SERIES, CLOCK, CODE, FILES = "forecasts", "time series", "clock", "code", "files"
KINDS = {
    OBSERVATION: "writes into its observation, which grid2op's own protections read",
    ENVIRONMENT: "changes parameters or rules of the environment that it plays",
    REWARDS: "changes how it is rewarded",
    FORECASTS: "changes the rules of its forecasts",
    SERIES: "changes the time series that it plays",
    CLOCK: "replaces the clock",
    CODE: "replaces functions of other packages",
    FILES: "would write files of others, or signal processes of others",
}
"""Kind of a manipulation -> what such an agent does."""

_RULES = (
    "_env_dc",
    "_epsilon_poly",
    "_forbid_dispatch_off",
    "_game_rules",
    "_hard_overflow_threshold",
    "_ignore_min_up_down_times",
    "_legalActClass",
    "_max_timestep_line_status_deactivated",
    "_max_timestep_topology_deactivated",
    "_nb_timestep_overflow_allowed",
    "_nb_ts_max_protection_counter",
    "_nb_ts_reco",
    "_no_overflow_disconnection",
    "_opponent_attack_cooldown",
    "_opponent_attack_duration",
    "_opponent_budget_per_ts",
    "_opponent_class",
    "_opponent_init_budget",
    "_opponent_kwargs",
    "_parameters",
    "_thermal_limit_a",
    "_tol_poly",
    "get_params_for_runner",
)
"""What of an environment stays as it is over an episode, in one version of grid2op or another."""

_PARTS = (
    *("_parameters", "_game_rules", "_reward_helper", "_oppSpace", "_opponent"),
    *("backend", "chronics_handler", "_voltage_controler"),
)
"""What of an environment is looked into, too."""

_CONSTANT_PARTS = tuple(part for part in _PARTS if part != "_reward_helper")
_OPPONENT_RULES = (
    *("attack_cooldown", "attack_max_duration", "budget_per_timestep", "compute_budget"),
    *("init_budget", "opponent"),
)
"""What of the space of an opponent stays as it is over an episode."""

_UNREWARDED = (
    *("_parameters", "_game_rules", "_oppSpace", "_opponent", "chronics_handler"),
    "_voltage_controler",
)
"""Parts of an environment that no reward changes; it may have others compute what they keep."""

_PACKAGES = ("grid2op", "lightsim2grid", "powrl")
_MODULES = (
    *("builtins", "copy", "io", "json", "math", "os", "pathlib", "random", "shutil", "time"),
    *("zipfile", "numpy", "numpy.linalg", "pandas"),
)
_FUNCTIONS = (FunctionType, BuiltinFunctionType, staticmethod, classmethod, property)

_PLAIN = (bool, int, float, str, type(None))


class Manipulations:
    """Looks at an agent that plays an environment, and notes what it changes.

    Made before any code of the agent is imported.

    Attributes
    ----------
    names:
        Kind -> names of what was changed.
    """

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self._watch_rewards()
        self._code = dict(_functions())
        self._environment: Any = None
        self._rules: list[tuple[str, list[tuple[Look, Any, list[str]]]]] = []
        self._series: list[tuple[str, Any, int]] = []

    def prepare(self, environment: Any) -> None:
        """An environment is there that is played later; the agent is made next."""
        self._rules = [(ENVIRONMENT, _rules(environment))]

    def begin(
        self, parameters: Mapping[str, Any] | None, environment: Any, observation: Any
    ) -> Manipulations:
        """An episode begins.

        Parameters
        ----------
        parameters:
            Parameters that it should have, where the rewards of the agent may have changed them.
        environment:
            The grid2op environment, after its reset.
        observation:
            What the agent sees first.

        Returns
        -------
        Manipulations
            This object.
        """
        self._compare_rules()  # its making may have changed them
        self._environment = environment
        self._note_replaced_methods()
        self._rules = [
            (kind, _rules(place))
            for kind, place in (
                (ENVIRONMENT, environment),
                (FORECASTS, getattr(observation, "_obs_env", None)),
            )
        ]
        owners = (environment, environment.backend, environment.action_space, observation)
        classes = [*map(type, owners), environment.action_space.actionClass]
        self._classes = [(Look(vars(kind)), kind) for kind in classes]
        self._series = list(_series(environment))
        if parameters is not None:
            for name, value in environment.parameters.to_dict().items():
                if parameters.get(name) != value:
                    self.note(ENVIRONMENT, name)
        return self

    def watched(self, call: Callable[..., Any], observation: Any, *others: Any) -> Any:
        """What a call of the agent returns, with a look at all before and after.

        Parameters
        ----------
        call:
            Its ``act`` or ``reset``.
        observation, others:
            The arguments of the call.
        """
        environment = self._environment
        if environment is None:  # it was not found
            return call(observation, *others)
        self._compare_rules()  # between two decisions its rewards may change them
        names = observation.attr_list_vect
        observed = Look({name: getattr(observation, name) for name in names})
        parts = [vars(environment)]
        parts += [getattr(parts[0].get(part), "__dict__", {}) for part in _PARTS]
        before = [Look(part) for part in parts]
        result = call(observation, *others)
        self._compare(OBSERVATION, observed, {name: getattr(observation, name) for name in names})
        for look, part in zip(before, parts):
            self._compare(ENVIRONMENT, look, part)
        return result

    def end(self) -> None:
        """The episode has ended."""
        if self._environment is not None:
            self._note_replaced_methods()
            for look, kind in self._classes:
                self._compare(ENVIRONMENT, look, vars(kind))
        for name, array, digest in self._series:
            if zlib.crc32(array.tobytes()) != digest:
                self.note(SERIES, name)
        for name, value in _functions():
            if name in self._code and self._code[name] != value:
                self.note(_kind_of_code(name), name)

    def to_list(self) -> list[str]:
        """Each kind that was noticed, with names: ``"observation: load_p, rho"``."""
        return [f"{kind}: {', '.join(sorted(self.names[kind]))}" for kind in sorted(self.names)]

    def note(self, kind: str, name: str) -> None:
        """Note what was noticed elsewhere."""
        self.names.setdefault(kind, set()).add(name)

    def _note_replaced_methods(self) -> None:
        """Note methods of the environment and its parts that single objects have others of."""
        parts = [(self._environment, ""), *_parts(self._environment, _PARTS)]
        for part, prefix in parts:
            for name in getattr(part, "__dict__", {}):
                if callable(getattr(type(part), name, None)):
                    self.note(ENVIRONMENT, prefix + name)

    def _watch_rewards(self) -> None:
        """Look before and after each call of rewards that are not those of grid2op, for good."""
        helper = sys.modules["grid2op.Reward"].RewardHelper
        for name, position in (("initialize", 0), ("reset", 0), ("__call__", 1)):
            setattr(helper, name, self._watched_reward(getattr(helper, name), position))

    def _watched_reward(self, method: Callable[..., Any], position: int) -> Callable[..., Any]:
        """A method of grid2op's that calls a reward; `position` of its arguments is where."""

        @wraps(method)
        def call(helper: Any, *arguments: Any) -> Any:
            if _package(helper.rewardClass) in _PACKAGES:
                return method(helper, *arguments)
            environment = arguments[position]
            parts = [part for part, _ in _parts(environment, _UNREWARDED)]
            before = [Look(vars(part)) for part in parts]
            result = method(helper, *arguments)
            for look, part in zip(before, parts):
                self._compare(_kind_of_game(environment), look, vars(part))
            return result

        return call

    def _compare_rules(self) -> None:
        for kind, looks in self._rules:
            for look, owner, names in looks:
                now = vars(owner)
                self._compare(kind, look, {name: now[name] for name in names if name in now})

    def _compare(self, kind: str, before: Look, now: Mapping[str, Any]) -> None:
        for name in before.changes(now):
            about_rewards = kind == ENVIRONMENT and "reward" in name.lower()
            self.note(REWARDS if about_rewards else kind, name)


class Look:
    """A look at attributes: which objects they are, and of arrays the contents.

    Parameters
    ----------
    attributes:
        Names and values.
    """

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        array = sys.modules["numpy"].ndarray
        self._names = list(attributes)
        self._values = list(attributes.values())
        self._arrays = [value for value in self._values if type(value) is array]
        self._content = [value.tobytes() for value in self._arrays]

    def changes(self, attributes: Mapping[str, Any]) -> Iterable[str]:
        """Names of the attributes that are others now, have another content, or were not there."""
        values = attributes.values()
        content = [value.tobytes() for value in self._arrays]
        same_objects = len(values) == len(self._values) and all(map(is_, self._values, values))
        if same_objects and content == self._content:
            return
        names = set(self._names)
        contents = {id(array): content for array, content in zip(self._arrays, self._content)}
        for name, value in zip(self._names, self._values):
            now: Any = attributes.get(name)
            if id(value) in contents:
                same = hasattr(now, "tobytes") and now.tobytes() == contents[id(value)]
            else:
                same = now is value or (type(value) in _PLAIN and now == value)
            if not same:
                yield name
        # Python and grid2op add names like __slotnames__ to classes
        yield from (name for name in attributes if name not in names and name[:2] != "__")


def _parts(environment: Any, names: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """The parts of an environment that it has, each with a prefix for its attributes."""
    for name in names:
        part = getattr(environment, "__dict__", {}).get(name)
        if hasattr(part, "__dict__"):
            yield part, f"{name}."


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _kind_of_game(environment: Any) -> str:
    return FORECASTS if type(environment).__name__.startswith("_ObsEnv") else ENVIRONMENT


def _rules(environment: Any) -> list[tuple[Look, Any, list[str]]]:
    """The rules of an environment, real or simulated: a look, whose they are, and their names."""
    rules = []
    for owner, names in (
        (environment, (*_RULES, *_CONSTANT_PARTS)),
        (getattr(environment, "_parameters", None), None),
        (getattr(environment, "_oppSpace", None), _OPPONENT_RULES),
        (getattr(environment, "_reward_helper", None), ("template_reward", "rewardClass")),
        (getattr(environment, "backend", None), ("thermal_limit_a",)),
    ):
        attributes = getattr(owner, "__dict__", {})
        present = [name for name in names or attributes if name in attributes]
        rules.append((Look({name: attributes[name] for name in present}), owner, present))
    return [rule for rule in rules if rule[2]]


def _series(environment: Any) -> Iterator[tuple[str, Any, int]]:
    """Name, array and digest of each time series."""
    data = getattr(environment.chronics_handler, "real_data", None)
    data = getattr(data, "data", None) or data  # of several scenarios the present one
    for name, value in list(vars(data).items()):
        if type(value).__name__ == "ndarray" and value.dtype.kind in "fiub":
            yield name, value, zlib.crc32(value.tobytes())


def _functions() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Functions and methods of packages that play and score: by name, with their code."""
    for module_name, module in list(sys.modules.items()):
        package = module_name.partition(".")[0]
        if package not in _PACKAGES and module_name not in _MODULES:
            continue
        for name, value in list(vars(module).items()):
            # numpy's functions are of a type of their own
            if isinstance(value, _FUNCTIONS) or (module_name in _MODULES and callable(value)):
                yield f"{module_name}.{name}", _code(value)
            elif isinstance(value, type) and value.__module__ == module_name:
                for method, function in list(vars(value).items()):
                    if isinstance(function, _FUNCTIONS):
                        yield f"{module_name}.{name}.{method}", _code(function)


def _code(function: Any) -> tuple[Any, Any]:
    function = getattr(function, "__func__", function)
    return function, getattr(function, "__code__", None)


def _kind_of_code(name: str) -> str:
    package, _, rest = name.partition(".")
    if package == "time":
        return CLOCK
    return REWARDS if package == "grid2op" and rest.startswith("Reward.") else CODE
