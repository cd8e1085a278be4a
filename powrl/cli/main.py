"""``powrl``: the commands put together, and their errors turned into exit code 2."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import warnings
from typing import NoReturn

# two cores are oversubscribed by BLAS threads otherwise; must be set before numpy is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")
# grid2op recommends numba for a backend that powrl does not use; also in worker processes
os.environ.setdefault("PYTHONWARNINGS", "ignore:Numba cannot be loaded:UserWarning")
warnings.filterwarnings("ignore", message="Numba cannot be loaded", category=UserWarning)

# Ctrl-C ends the imports without a traceback; a thread that imports this may set no handler
_ended_by_interrupt = (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
)
if _ended_by_interrupt:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
gc.disable()  # what is imported is not searched for garbage, neither now nor later

import typer

from .. import __version__
from ..errors import StoppedError
from . import (
    agents,
    cache,
    check,
    compare,
    data,
    envs,
    kpis,
    merge,
    package,
    posture,
    reduce,
    replay,
    score,
    train,
    tune,
)
from .interruption import (
    errors_told,
    print_anything,
    require_filled_arguments,
    require_folder,
    require_utf8_arguments,
)

gc.freeze()
gc.enable()
if _ended_by_interrupt:
    signal.signal(signal.SIGINT, signal.default_int_handler)

app = typer.Typer(
    name="powrl",
    help="Train, score and package agents that keep a power grid running (L2RPN).",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # its tables waste half of 80 columns, and it drops words in brackets
    pretty_exceptions_enable=False,
)
app.command("score")(score.command)
app.command("compare")(compare.command)
app.command("kpis")(kpis.command)
app.command("merge")(merge.command)
app.command("replay")(replay.command)
app.command("train")(train.command)
app.command("tune")(tune.command)
app.command("reduce")(reduce.command)
app.command("posture")(posture.command)
app.command("package")(package.command)
app.command("check")(check.command)
app.command("agents")(agents.command)
app.command("envs")(envs.command)
app.command("cache")(cache.command)
app.add_typer(data.app, name="data")


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version."),
    verbose: bool = typer.Option(
        False, "--verbose", help="Log which engine and which simulator are used, and why."
    ),
) -> None:
    if version:
        typer.echo(f"powrl {__version__}")
        raise typer.Exit
    if verbose:
        log = logging.getLogger(__package__.split(".")[0])
        log.addHandler(logging.StreamHandler())
        log.setLevel(logging.INFO)


def _terminate(*_: object) -> NoReturn:
    raise StoppedError  # and no `SystemExit`, which an agent that is scored may raise


def _leave_forks_to_sigterm() -> None:
    """SIGTERM ends processes that an agent forks, from their first moment on, as it always does."""
    if sys.platform == "win32":  # which forks no processes
        return

    def mask(how: int) -> None:
        signal.pthread_sigmask(how, {signal.SIGTERM})

    def begin() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        mask(signal.SIG_UNBLOCK)

    os.register_at_fork(
        before=lambda: mask(signal.SIG_BLOCK),
        after_in_parent=lambda: mask(signal.SIG_UNBLOCK),
        after_in_child=begin,
    )


def main() -> None:
    """Run the command line; what the user can mend ends in one sentence and exit code 2."""
    # as with Ctrl-C, temporary folders are removed and the processes that were started are ended
    signal.signal(signal.SIGTERM, _terminate)
    _leave_forks_to_sigterm()
    print_anything()
    with errors_told():
        require_folder()
        require_utf8_arguments()
        require_filled_arguments()
        app(prog_name="powrl")
