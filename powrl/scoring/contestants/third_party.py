"""Contestants of any origin: submission zips, and functions of Python modules."""

from __future__ import annotations

import importlib
import importlib.util
import re
import site
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...environments.opening import Scenarios, open_template
from ...errors import PowrlError
from ...parallel.folders import Folder, Places, relocated_path
from ...player.grid.grid2op_objects import Environment
from ...storage.imported_sources import imported_sources
from ...storage.temporary import remove_folder
from ...submission.runtime import SUBMISSION
from ...submission.server_kit.play import import_submission, make_agent, rewards
from ...submission.unpacking import is_packaged, named_environment, unpack
from ..foreign_code import failures_of, importing_from, working_folder_kept
from ..isolation.pulse import called
from .base import AgentMaker, Contestant, ReadyContestant

if TYPE_CHECKING:
    from grid2op.Agent import BaseAgent

ZIP_SUFFIX = ".zip"
_INSTALLED = {*site.getsitepackages(), site.getusersitepackages()}
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclass(frozen=True)
class ThirdPartyAgent(Contestant):
    """An agent of any origin, made as the competitions make it: from a template."""

    @property
    def path(self) -> Path:
        """The file or folder of the agent."""
        assert self.file is not None
        return self.file

    @property
    def is_foreign(self) -> bool:
        """Whether its code is of any origin: always."""
        return True

    @contextmanager
    def guard(self, scenario: str | None = None, /) -> Iterator[None]:
        """See `Contestant.guard`."""
        with called(), failures_of(self.name, scenario):
            yield

    @contextmanager
    def _importing_from(self, folder: Path) -> Iterator[None]:
        with importing_from(folder), working_folder_kept(self.name):
            yield

    def _maker(
        self, function: Callable[[Environment, str], BaseAgent], template: Environment, folder: Path
    ) -> AgentMaker:
        def make(_environment: Environment) -> BaseAgent:
            with self.guard():
                agent = make_agent(function, template, folder)
                agent.action_space  # noqa: B018  a BaseAgent that was not initialized has none
                return agent

        return make


@dataclass(frozen=True)
class Submission(ThirdPartyAgent):
    """A submission zip of any author; its code runs with the rights of the user."""

    @property
    def environment(self) -> str | None:
        """The environment that a zip of ``powrl package`` names."""
        return named_environment(self.path)

    @property
    def tells_decisions(self) -> bool:
        """Whether it is a zip of ``powrl package``, whose agents have the hook."""
        return is_packaged(self.path)

    @contextmanager
    def open(self, scenarios: Scenarios, private: Path, /) -> Iterator[ReadyContestant]:
        """See `Contestant.open`."""
        private.mkdir(parents=True)
        try:
            unpack(self.path, private)
            with self._importing_from(private), open_template(scenarios) as template:
                with self.guard():
                    submission = import_submission()
                    its_rewards = rewards(submission)
                make = self._maker(submission.make_agent, template, private / SUBMISSION)
                yield ReadyContestant(make, its_rewards)
        finally:  # one folder for each episode would fill the disk
            with suppress(OSError):  # the contest's temporary folder goes at the end
                remove_folder(private)


@dataclass(frozen=True)
class PythonAgent(ThirdPartyAgent):
    """A function of a module; it is called as ``make_agent`` of a submission is.

    Attributes
    ----------
    function:
        ``module:function``.
    root:
        Folder that its module is imported from, before all others.
    """

    function: str = ""
    root: Path = field(default_factory=Path.cwd)

    @property
    def source(self) -> str:
        """``module:function``."""
        return self.function

    @property
    def parts(self) -> tuple[Path, ...]:
        """The package as a whole, or the module and what it imports from its own folder.

        An installed module stands alone: all other packages lie beside it.

        Raises
        ------
        PowrlError
            One of these modules is no Python.
        """
        file = self.path
        if file.suffix != ".py" or str(file.parent) in _INSTALLED:
            return (file,)
        with self.guard():
            return tuple(imported_sources(file))

    def folders(self) -> list[Folder]:
        """See `Contestant.folders`; what is installed has to be on each machine."""
        inside = [part for part in self.parts if part.is_relative_to(self.root)]
        names = tuple(part.relative_to(self.root).as_posix() for part in inside)
        return [Folder(self.root, names)] if names else []

    def relocated(self, places: Places) -> PythonAgent:
        """See `Contestant.relocated`."""
        file, root = (relocated_path(path, places) for path in (self.path, self.root))
        return replace(self, file=file, root=root)

    @contextmanager
    def open(self, scenarios: Scenarios, _private: Path, /) -> Iterator[ReadyContestant]:
        """See `Contestant.open`."""
        module_name, _, function_name = self.function.partition(":")
        with self._importing_from(self.root), open_template(scenarios) as template:
            with self.guard():
                module = importlib.import_module(module_name)
                function = getattr(module, function_name, None)
                its_rewards = rewards(module)
            if not callable(function):
                raise PowrlError(f"the module {module_name!r} has no function {function_name!r}.")
            folder = Path(getattr(module, "__file__", None) or Path.cwd() / "module").parent
            yield ReadyContestant(self._maker(function, template, folder), its_rewards)


def is_function(text: str) -> bool:
    """Whether a text has the form ``module:function``."""
    return _FUNCTION.fullmatch(text) is not None


def find_module(text: str) -> Path:
    """The file of the module of a ``module:function``, or the folder of its package.

    Raises
    ------
    PowrlError
        The module does not exist, or fails.
    """
    dotted, _, function = text.partition(":")
    if dotted.endswith(".py"):
        name = dotted.removesuffix(".py")
        raise PowrlError(f"{text} names a file; name its module: {name}:{function}.")
    module = dotted.partition(".")[0]
    with importing_from(Path.cwd()), failures_of(text):
        spec = importlib.util.find_spec(module)
    if spec is None:
        raise PowrlError(
            f"there is no module {module!r} to import {text!r} from; go to where it is."
        )
    # all modules of a package may have a part in the agent
    return Path([*(spec.submodule_search_locations or ()), spec.origin or module][0])


def require_zip(text: str) -> Path:
    """The absolute path of a zip.

    Raises
    ------
    PowrlError
        The file does not exist.
    """
    path = Path(text).resolve()
    if not path.is_file():
        raise PowrlError(f"there is no zip {text}; make one: powrl package.")
    return path
