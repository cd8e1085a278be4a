"""The agents that take part in a contest: powrl's, grid2op's own, and anyone's."""

from __future__ import annotations

import importlib
import importlib.util
import re
import site
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grid2op.Agent import DoNothingAgent, RecoPowerlineAgent

from ..environments.opening import Scenarios, open_template
from ..errors import PowrlError
from ..player.actions.action_set import ActionSet
from ..player.agent import AgentSettings, PowRLAgent, load_agent
from ..player.grid.layout import GridLayout
from ..player.lookahead.make_simulator import choose_simulator
from ..player.rules.settings import GREEDY_SEARCH
from ..storage.imported_sources import imported_sources
from ..storage.temporary import remove_folder
from ..submission.child import import_submission, make_agent, rewards
from ..submission.runtime import SUBMISSION
from ..submission.unpacking import is_packaged, named_environment, unpack
from ..workspace.shipped import find_agent
from .foreign_code import failures_of, importing_from, working_folder_kept

BASELINES = {"DoNothing": DoNothingAgent, "RecoPowerline": RecoPowerlineAgent}
"""grid2op's own agents that every contest is played with, too."""

_GREEDY_PREFIX, _ZIP_SUFFIX = "greedy:", ".zip"
_INSTALLED = {*site.getsitepackages(), site.getusersitepackages()}
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclass(frozen=True)
class Opened:
    """A contestant that is ready to play.

    Attributes
    ----------
    make:
        Environment that is played -> the grid2op agent for it.
    rewards:
        What a submission asks of the environment, as arguments of ``grid2op.make``.
    """

    make: Callable[[Any], Any]
    rewards: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """An agent that takes part.

    Attributes
    ----------
    name:
        How tables and files call it; unique in a contest.
    file:
        The file or folder, by its absolute path, that it is made from; None for a baseline.
    """

    name: str
    file: Path | None = None

    @property
    def tells_decisions(self) -> bool:
        """Whether it tells its decisions to an ``on_decision`` hook."""
        return False

    @property
    def source(self) -> str:
        """What it is given as."""
        return str(self.file or self.name)

    @property
    def parts(self) -> tuple[Path, ...]:
        """All files and folders that it is made from; none of a baseline."""
        return () if self.file is None else (self.file,)

    @property
    def environment(self) -> str | None:
        """The environment that it says it is for, if it says one."""
        return None

    def guard(
        self,
        scenario: str | None = None,  # noqa: ARG002  only foreign code fails
    ) -> AbstractContextManager[None]:
        """To be entered around each call of its code; `scenario`: that it plays."""
        return nullcontext()

    def opened(
        self,
        scenarios: Scenarios,  # noqa: ARG002  most need neither
        private: Path,  # noqa: ARG002
    ) -> AbstractContextManager[Opened]:
        """Make it ready to play.

        Parameters
        ----------
        scenarios:
            What it is to play.
        private:
            A folder that does not exist yet, for what it unpacks.

        Raises
        ------
        PowrlError
            It is damaged, fails, or is for another grid; some of it only as the agent is made.
        """
        return nullcontext(Opened(self.make))

    def make(self, environment: Any) -> Any:
        """The grid2op agent for an environment, of a contestant that needs no more than that."""
        raise NotImplementedError


class Baseline(Contestant):
    """One of `BASELINES`, by its name."""

    def make(self, environment: Any) -> Any:
        """See `Contestant.make`."""
        return BASELINES[self.name](environment.action_space)


class AgentFolder(Contestant):
    """An agent folder of powrl."""

    tells_decisions = True

    @property
    def environment(self) -> str:
        """The environment that its settings name."""
        return AgentSettings.load(Path(self.source)).environment

    def make(self, environment: Any) -> PowRLAgent:
        """See `Contestant.make`."""
        return load_agent(self.source, environment)


class GreedySearch(Contestant):
    """A plain greedy search over an action file (`powrl.player.rules.settings.GREEDY_SEARCH`)."""

    tells_decisions = True

    @property
    def source(self) -> str:
        """``greedy:`` and the file."""
        return f"{_GREEDY_PREFIX}{self.file}"

    def make(self, environment: Any) -> PowRLAgent:
        """See `Contestant.make`."""
        path = Path(self.source.removeprefix(_GREEDY_PREFIX))
        return PowRLAgent(
            environment.action_space,
            AgentSettings(environment.name, (), GREEDY_SEARCH),
            ActionSet.load(path, GridLayout.of(environment)),
            None,
            choose_simulator(environment),
        )


class Foreign(Contestant):
    """An agent of any origin, which is made as the competitions make it: from a template."""

    def guard(self, scenario: str | None = None) -> AbstractContextManager[None]:
        """See `Contestant.guard`."""
        return failures_of(self.name, scenario)

    @contextmanager
    def _importing_from(self, folder: Path) -> Iterator[None]:
        with importing_from(folder), working_folder_kept(self.name):
            yield

    def _maker(
        self, function: Callable[[Any, str], Any], template: Any, folder: Path
    ) -> Callable[[Any], Any]:
        def make(_environment: Any) -> Any:
            with self.guard():
                agent = make_agent(function, template, folder)
                agent.action_space  # noqa: B018  a BaseAgent that was not initialized has none
                return agent

        return make


class Submission(Foreign):
    """A submission zip, whoever made it; its code runs with the rights of who scores it."""

    @property
    def environment(self) -> str | None:
        """The environment that a zip of ``powrl package`` names."""
        return named_environment(Path(self.source))

    @property
    def tells_decisions(self) -> bool:
        """That of ``powrl package`` does, by the part of powrl in it."""
        return is_packaged(Path(self.source))

    @contextmanager
    def opened(self, scenarios: Scenarios, private: Path) -> Iterator[Opened]:
        """See `Contestant.opened`."""
        private.mkdir(parents=True)
        try:
            unpack(Path(self.source), private)
            with self._importing_from(private), open_template(scenarios) as template:
                with self.guard():
                    submission = import_submission()
                    asked = rewards(submission)
                make = self._maker(submission.make_agent, template, private / SUBMISSION)
                yield Opened(make, asked)
        finally:  # there are as many as episodes
            with suppress(OSError):  # what is left goes with the contest's temporary folder
                remove_folder(private)


class PythonAgent(Foreign):
    """``module:function``; the function is called as that of a submission, ``make_agent``, is."""

    @property
    def source(self) -> str:
        """``module:function``."""
        return self.name

    @property
    def parts(self) -> tuple[Path, ...]:
        """The package as a whole, or the module and what it imports from its own folder.

        An installed module is taken alone: beside it lie all other packages.

        Raises
        ------
        PowrlError
            One of these modules is no Python.
        """
        file = Path(self.file or "")
        if file.suffix != ".py" or str(file.parent) in _INSTALLED:
            return (file,)
        with self.guard():
            return tuple(imported_sources(file))

    @contextmanager
    def opened(
        self,
        scenarios: Scenarios,
        private: Path,  # noqa: ARG002  it is where it is
    ) -> Iterator[Opened]:
        """See `Contestant.opened`."""
        module_name, _, function_name = self.name.partition(":")
        with self._importing_from(Path.cwd()), open_template(scenarios) as template:
            with self.guard():
                module = importlib.import_module(module_name)
                function = getattr(module, function_name, None)
            if not callable(function):
                raise PowrlError(f"the module {module_name!r} has no function {function_name!r}.")
            folder = Path(getattr(module, "__file__", None) or Path.cwd() / "module").parent
            yield Opened(self._maker(function, template, folder))


def contestants_of(given: Sequence[str]) -> tuple[Contestant, ...]:
    """The contestants that are given, then `BASELINES`.

    Parameters
    ----------
    given:
        Folders of agents, names of shipped ones, submission zips, ``module:function``, or
        ``greedy:FILE`` with an action file.

    Raises
    ------
    PowrlError
        One is none of these, or is given twice.
    """
    found = [_contestant(each) for each in given]
    for source, times in Counter(each.source for each in found).items():
        if times > 1:
            raise PowrlError(f"the agent {source} is given {times} times; give it once.")
    named = [replace(each, name=_short_name(each, found)) for each in found]
    return (*named, *map(Baseline, BASELINES))


def _contestant(given: str) -> Contestant:
    """What is given, by its source for a name."""
    if given.startswith(_GREEDY_PREFIX):
        path = Path(given.removeprefix(_GREEDY_PREFIX)).resolve()
        if not path.is_file():
            raise PowrlError(f"there is no action file {path}; make one: powrl reduce.")
        return GreedySearch(given, path)
    if given.lower().endswith(_ZIP_SUFFIX):
        path = Path(given).resolve()
        if not path.is_file():
            raise PowrlError(f"there is no zip {given}; make one: powrl package.")
        return Submission(given, path)
    if _FUNCTION.fullmatch(given):
        module = given.partition(":")[0].partition(".")[0]
        with importing_from(Path.cwd()), failures_of(given):
            spec = importlib.util.find_spec(module)
        if spec is None:
            raise PowrlError(
                f"there is no module {module!r} to import {given!r} from; go to where it is."
            )
        # of a package all of its modules may have a part in the agent
        places = [*(spec.submodule_search_locations or ()), spec.origin or module]
        return PythonAgent(given, Path(places[0]))
    return AgentFolder(given, find_agent(given).resolve())


def _short_name(contestant: Contestant, others: Sequence[Contestant]) -> str:
    """The last parts of its path, as many as tell it from all others."""
    if isinstance(contestant, PythonAgent):
        return contestant.name
    prefix = _GREEDY_PREFIX if isinstance(contestant, GreedySearch) else ""
    parts = Path(contestant.source.removeprefix(prefix)).parts[1:]
    for depth in range(1, len(parts) + 1):
        name = prefix + "/".join(parts[-depth:])
        same = [each for each in others if each.source.endswith(f"/{'/'.join(parts[-depth:])}")]
        if name not in BASELINES and len(same) == 1:
            break
    return name
