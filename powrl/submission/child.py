"""Plays a submission as a competition's server does: a script for a process of its own.

``python -I child.py job.json`` (the job: `powrl.submission.dry_run`). It imports nothing of powrl,
which a submission must not find, and grid2op only inside functions, behind the import hook. The
result is added to the file that the job names at every stage, so that its last line tells where a
process ended that was killed. It runs on what servers had, too: Python 3.8, grid2op 1.6 and no
lightsim2grid.
"""

from __future__ import annotations

import errno
import faulthandler
import importlib
import json
import os
import platform
import resource
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any


class NotOnServerError(ModuleNotFoundError):
    """The submission imports what the server does not have."""


class UnusableError(Exception):
    """A finding in words, for which a traceback would say nothing more."""


class WritesOutsideError(PermissionError):
    """The submission would write where a server may not let it."""


class SignalsOthersError(PermissionError):
    """The submission would signal a process that is not its own."""


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or lies below it."""
    return folder == path or folder in path.parents


class ServerImports(MetaPathFinder):
    """Refuses every module but those of the standard library, the server and the submission.

    Parameters
    ----------
    allowed:
        Top-level modules of the server's packages.
    root:
        The folder of the unpacked zip.
    """

    def __init__(self, allowed: Sequence[str], root: Path) -> None:
        # Python 3.8 and 3.9 do not know all of them by name; those are found in their folders
        standard_names = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
        self._allowed = {*allowed, *standard_names}
        self._root = root.resolve()
        standard = Path(os.__file__).parent
        self._standard = [str(standard), str(standard / "lib-dynload")]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Nothing where the import goes on as usual; the submission's own module; else an error."""
        if path is not None or fullname in self._allowed:
            return None  # a module inside a package that was let in, or one that the server has
        own = [entry for entry in sys.path if is_inside(Path(entry).resolve(), self._root)]
        # sys.stdlib_module_names lacks a few, such as _sysconfigdata__linux_x86_64-linux-gnu
        spec = PathFinder.find_spec(fullname, [*own, *self._standard], target)
        if spec is None:
            raise NotOnServerError(f"No module named {fullname!r} on the server", name=fullname)
        return spec


class Guard:
    """An audit hook (``sys.addaudithook``) that lets Python write in a few folders alone.

    Nor does it let it signal a process that it did not start, such as who supervises it.

    Parameters
    ----------
    folders:
        What lies below them may be written.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises `WritesOutsideError` or `SignalsOthersError` before it is done."""
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING:
                self._require_inside(path, -1)
        elif event == "sqlite3.connect":
            if arguments[0] not in ("", b"", ":memory:", b":memory:"):
                self._require_inside(arguments[0], -1)
        elif event == "socket.bind":
            if isinstance(arguments[1], (str, bytes)) and os.fsencode(arguments[1])[:1] != b"\0":
                self._require_inside(arguments[1], -1)  # the path of a Unix socket
        elif event in ("os.kill", "os.killpg"):
            _require_own(*arguments)
        else:
            for path, folder in _CHANGES.get(event, ()):
                where = arguments[folder] if folder else -1
                self._require_inside(arguments[path], where, event in _OF_NAMES)

    def _require_inside(self, path: Any, folder: int | None, name_itself: bool = False) -> None:
        """Refuse a path outside.

        Parameters
        ----------
        folder:
            Number of an open folder that the path is relative to; or -1, None.
        name_itself:
            Whether it is not what a symbolic link leads to, but the link.
        """
        if isinstance(path, int) or path in _OWN_OUTPUT:  # a file that is open already
            return
        base = Path() if folder in (-1, None) else Path(_OPEN_FILES, str(folder))
        if not base.exists():  # this system does not tell which folder it is
            return
        path_named = base / os.fsdecode(path)
        target = os.path.realpath(path_named)
        if name_itself:
            target = str(Path(os.path.realpath(path_named.parent), path_named.name))
        inside = any(is_inside(Path(target), Path(folder)) for folder in self._folders)
        if not inside and target != os.devnull:
            raise WritesOutsideError(target)


def _require_own(process: int, number: int) -> None:
    """Refuse to signal a process, or a group, of another session that was not started here."""
    if number == 0:  # asks whether it is there
        return
    with suppress(ProcessLookupError):
        if process == -1:
            raise SignalsOthersError(process)
        if os.getsid(abs(process)) != os.getsid(0) and not is_descendant(abs(process)):
            raise SignalsOthersError(process)


def is_descendant(process: int) -> bool:
    """Whether this process has started another one, or who has started it (where ``/proc`` is)."""
    while process > 1 and process != os.getpid():
        try:
            status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return False
        process = int(status.rpartition(")")[2].split()[1])
    return process == os.getpid()


_OPEN_FILES = "/proc/self/fd"  # where the system has it
_OWN_OUTPUT = ("/dev/stdout", "/dev/stderr")
_OF_NAMES = ("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
    "shutil.rmtree": ((0, None),),
}
"""Events that change the file system -> of each path that changes, which argument it is, and which
the number of the open folder that it is relative to."""


PACKAGES = ("grid2op", "lightsim2grid", "pandapower", "numpy")
"""Whose versions are told."""


class Result:
    """What was found so far, as the last line of a file.

    The line holds the stage (``"environment"``, ``"import"``, ``"make_agent"``, ``"play"``,
    ``"end"``), where in it, the failure or null, the versions of Python and of the packages,
    seconds for make_agent, and the episodes.
    """

    def __init__(self, path: Path) -> None:
        # opened before the submission may not write there any more
        self._file = path.open("a", encoding="utf-8")
        self.failure: dict[str, Any] | None = None
        self.where = ""
        self.versions = versions()
        self.make_agent_seconds = 0.0
        self.episodes: list[dict[str, Any]] = []
        self.enter("environment")

    def enter(self, stage: str) -> None:
        """Begin a stage."""
        self.stage = stage
        self.write()

    def write(self) -> None:
        """Add a line to the file."""
        body = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        self._file.write(json.dumps(body) + "\n")
        self._file.flush()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a power flow depends on, where they are there."""
    facts = {"Python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            facts[name] = version(name)
    return facts


def backend() -> Any:
    """lightsim2grid's, or grid2op's own where a server had no lightsim2grid."""
    try:
        from lightsim2grid import LightSimBackend
    except ImportError:
        from grid2op.Backend import PandaPowerBackend

        return PandaPowerBackend()
    return LightSimBackend()


def open_environment(job: dict[str, Any], **make: Any) -> Any:
    """The environment of the job."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grid2op warns of its own defaults
        import grid2op

        return grid2op.make(job["environment"], test=job["bundled"], backend=backend(), **make)


def mixes(environment: Any) -> list[Any]:
    """The mixes of a multi-mix environment, which closes them when it goes; else it alone."""
    from grid2op.Environment import MultiMixEnvironment

    return list(environment) if isinstance(environment, MultiMixEnvironment) else [environment]


def open_template(job: dict[str, Any]) -> Any:
    """What the kits give to make_agent: ``ChangeNothing`` chronics, no opponent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what grid2op could do without
        from grid2op.Action import DontAct
        from grid2op.Chronics import ChangeNothing
        from grid2op.Opponent import BaseOpponent, NeverAttackBudget

    # what grid2op.Opponent.get_kwargs_no_opponent gives, which old versions lack
    return open_environment(
        job,
        chronics_class=ChangeNothing,
        opponent_class=BaseOpponent,
        opponent_action_class=DontAct,
        opponent_budget_class=NeverAttackBudget,
        opponent_init_budget=0.0,
        opponent_budget_per_ts=0.0,
        opponent_attack_duration=0,
        opponent_attack_cooldown=99_999_999,
    )


def import_submission() -> Any:
    """The package ``submission``, with its function make_agent."""
    submission = importlib.import_module("submission")
    if not callable(getattr(submission, "make_agent", None)):
        raise UnusableError("submission/__init__.py has no function make_agent")
    return submission


def make_agent(function: Callable[[Any, str], Any], template: Any, folder: Path) -> Any:
    """The agent of a submission's function make_agent; grid2op's runner must accept it."""
    from grid2op.Agent import BaseAgent

    agent = function(template, str(folder))
    if not isinstance(agent, BaseAgent):
        raise UnusableError(
            f"make_agent returned a {type(agent).__name__}; return a grid2op.Agent.BaseAgent"
        )
    return agent


def rewards(submission: Any) -> dict[str, Any]:
    """The submission's own rewards, which the kits hand to the environment."""
    options = {
        "reward_class": getattr(submission, "reward", None),
        "other_rewards": getattr(submission, "other_rewards", None),
    }
    return {name: value for name, value in options.items() if value is not None}


def play(agent: Any, environment: Any, scenario: int, job: dict[str, Any], result: Result) -> None:
    """Play the first steps of a scenario; the episode is added to the result when it ends."""
    from grid2op.Action import BaseAction

    environment.seed(job["seed"])
    environment.set_id(scenario)
    observation = environment.reset()
    name = Path(environment.chronics_handler.get_id()).name
    limit = min(job["steps"], int(environment.max_episode_duration()))
    result.where = f"scenario {name}"
    result.write()
    begin = perf_counter()
    agent.seed(job["seed"])
    agent.reset(observation)
    reset_seconds = perf_counter() - begin
    seconds: list[float] = []
    illegal = ambiguous = 0
    failed_before = int(getattr(agent, "failed_decisions", 0))  # powrl's agents count them
    reward, done = float(environment.reward_range[0]), False
    while not done and len(seconds) < limit:
        result.where = f"scenario {name}, step {len(seconds)}"
        begin = perf_counter()
        action = agent.act(observation, reward, done)
        seconds.append(perf_counter() - begin)
        if not isinstance(action, BaseAction):
            raise UnusableError(
                f"act returned a {type(action).__name__}; return an action of its action space"
            )
        observation, reward, done, info = environment.step(action)
        illegal += bool(info["is_illegal"])
        ambiguous += bool(info["is_ambiguous"])
    game_over = done and environment.nb_time_step < environment.max_episode_duration()
    result.episodes.append(
        {
            "scenario": name,
            "steps": len(seconds),
            "game_over": bool(game_over),
            "illegal": illegal,
            "ambiguous": ambiguous,
            "failed": int(getattr(agent, "failed_decisions", 0)) - failed_before,
            "length": int(environment.max_episode_duration()),
            "reset_seconds": reset_seconds,
            "act_seconds": sum(seconds),
            "worst_act_seconds": max(seconds, default=0.0),
        }
    )


def run(job: dict[str, Any], result: Result) -> None:
    """All stages, in order."""
    template = open_template(job)
    result.enter("import")
    submission = import_submission()
    result.enter("make_agent")
    begin = perf_counter()
    folder = Path(job["root"]) / "submission"
    agents = [make_agent(submission.make_agent, mix, folder) for mix in mixes(template)]
    result.make_agent_seconds = perf_counter() - begin
    result.enter("play")
    from grid2op.Chronics import Multifolder

    environment = open_environment(job, chronics_class=Multifolder, **rewards(submission))
    for agent, mix in zip(agents, mixes(environment)):
        available = len(mix.chronics_handler.real_data.subpaths)
        for scenario in range(min(available, job["scenarios"])):
            play(agent, mix, scenario, job, result)
    result.enter("end")


def failure(error: BaseException, root: Path) -> dict[str, Any]:
    """An error as plain data: what kind it is of, in one line, its traceback, a missing module.

    Where one error hides another, what is known of the hidden one is told.
    """
    causes_of_kind = [
        (kind, cause_found) for cause_found in causes(error) if (kind := kind_of(cause_found, root))
    ]
    kind, cause = causes_of_kind[0] if causes_of_kind else ("error", error)
    name = "" if kind in ("unusable", "outside", "signals") else type(cause).__name__
    line = ": ".join(filter(None, (name, text_of(cause))))
    return {
        "kind": kind,
        "error": line.replace(f"{root}/", "").rstrip(".\n"),
        "module": getattr(cause, "name", None) if kind in ("missing", "own") else None,
        "traceback": ""
        if kind == "unusable"
        else "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }


def kind_of(error: BaseException, root: Path) -> str | None:
    """Which of the kinds that `powrl.submission.advice` knows an error is of; None: of no other."""
    if isinstance(error, NotOnServerError):
        own = root / "submission" / str(error.name)
        return "own" if own.is_dir() or own.with_suffix(".py").is_file() else "missing"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return "size"
    kinds: dict[type[BaseException], str] = {
        UnusableError: "unusable",
        WritesOutsideError: "outside",
        SignalsOthersError: "signals",
        MemoryError: "memory",
        SystemExit: "exit",
    }
    return next((kind for cause_type, kind in kinds.items() if isinstance(error, cause_type)), None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it was raised from, or while handling."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # one may be its own cause
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def text_of(error: BaseException) -> str:
    """What an error says; what it is where it cannot say it."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  it is the submission's code
        return "which fails to say what it is"


def attempt(job: dict[str, Any], result: Result) -> None:
    """`run`, with its error as the result's failure."""
    try:
        run(job, result)
    except BaseException as error:  # noqa: BLE001  whatever the submission raises is a finding
        result.failure = failure(error, Path(job["root"]))
        result.write()


def limit(resource_kind: int, n_bytes: int) -> None:
    """From here on more is an error; `resource_kind` is a limit of the module `resource`."""
    _, hard_limit = resource.getrlimit(resource_kind)
    allowed = n_bytes if hard_limit == resource.RLIM_INFINITY else min(n_bytes, hard_limit)
    resource.setrlimit(resource_kind, (allowed, hard_limit))


def main(job_file: str) -> None:
    """Do the job; whatever it finds is in the result file."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    faulthandler.enable()  # a crash of compiled code says where
    # shortly before the process is killed, say on stderr what it is doing
    faulthandler.dump_traceback_later(max(job["timeout"] - 1, job["timeout"] / 2))
    sys.path.extend(folder for folder in job["folders"] if folder not in sys.path)
    result = Result(Path(job["results"]))
    limit(resource.RLIMIT_AS, job["memory"])
    limit(resource.RLIMIT_FSIZE, job["written"])  # the output is a file, too
    sys.path.append(job["root"])
    sys.meta_path.insert(0, ServerImports(job["modules"], Path(job["root"])))
    sys.addaudithook(Guard(job["writable"]))
    attempt(job, result)


if __name__ == "__main__":
    main(sys.argv[1])
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # it may have closed or replaced them
            stream.flush()
    os._exit(0)  # threads that the submission left running must not hold up the result
