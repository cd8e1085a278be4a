"""What exists on Linux alone is called behind a guard: a Windows that is made of what it lacks."""

import subprocess
import sys

WINDOWS = """
import os, pkgutil, importlib, signal, sys, tempfile
import gymnasium, joblib, grid2op, lightsim2grid, typer, rich, matplotlib.pyplot, scipy.optimize
import numpy, pydantic, yaml, jinja2, networkx, multiprocessing.popen_spawn_posix
try:
    import sb3_contrib, optuna, torch.utils.tensorboard
    NOT_INSTALLED = ("powrl.parallel.ray",)
except ImportError:
    NOT_INSTALLED = ("powrl.learning.", "powrl.parallel.ray")

for module in ("fcntl", "resource", "termios", "pwd", "grp", "syslog"):
    sys.modules[module] = None
for name in (
    *("O_NONBLOCK", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "fork", "register_at_fork"),
    *("getuid", "getsid", "setsid", "killpg", "sched_getaffinity", "getpgid", "statvfs"),
):
    delattr(os, name)
for name in ("SIGKILL", "SIGHUP", "pthread_sigmask", "SIGALRM", "setitimer"):
    delattr(signal, name)
sys.platform = "win32"

import powrl
from powrl.errors import NotSupportedError

SCRIPTS = ("powrl.__main__", "powrl.submission.supervisor", "powrl.scoring.isolation.s")
for module in pkgutil.walk_packages(powrl.__path__, "powrl.", onerror=lambda name: None):
    is_left_out = module.name.startswith((*SCRIPTS, *NOT_INSTALLED))
    if not is_left_out and "shipped_files" not in module.name:
        importlib.import_module(module.name)

from pathlib import Path
from powrl.cli.main import _leave_forks_to_sigterm
from powrl.scoring.isolation.client import start_server
from powrl.storage.temporary import temporary_folder
from powrl.workspace.processes import deaf_processes
from powrl.workspace.runs import locked, run_folder

_leave_forks_to_sigterm()
with temporary_folder("powrl-windows-") as folder, deaf_processes():
    with run_folder("test", folder / "run") as run, locked(run):
        zipped = powrl.package("rte_case14_realistic/powrl", run / "agent.zip")
assert not folder.exists()
for refused in (start_server, lambda: powrl.check(zipped)):
    try:
        refused()
    except NotSupportedError as error:
        assert "needs Linux or macOS; on Windows use the Windows Subsystem" in str(error)
    else:
        raise AssertionError("it is not refused")
"""


def test_nothing_is_called_that_windows_lacks() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WINDOWS], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
