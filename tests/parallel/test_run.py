"""Tasks run in this process or in several: the same results, a second try, and an end in time."""

import gc
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from joblib.externals.loky.backend import utils as loky

from powrl.errors import ConfigurationError, NotSupportedError, PowrlError
from powrl.parallel.folders import Folder, place_of, relocated_path, unpacked
from powrl.parallel.jobs import RayJobs, make_jobs
from powrl.parallel.run import results_of, run, starting

SQUARES = [number**2 for number in range(9)]


def exit_until(path, times):
    """End this process as a crash does, the first times."""
    with path.open("a") as file:
        file.write("x")
    if len(path.read_text()) <= times:
        os._exit(1)
    return "done"


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs):
    assert results_of([partial(pow, number, 2) for number in range(9)], jobs) == SQUARES
    assert results_of([], jobs) == []


def test_each_result_is_handed_on_once():
    results = []
    run([partial(pow, number, 2) for number in range(9)], 2, lambda *pair: results.append(pair))
    assert sorted(results) == list(enumerate(SQUARES))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_task_is_raised(jobs):
    with pytest.raises(ZeroDivisionError):
        results_of([partial(pow, 0, -1), partial(pow, 2, 2)], jobs)


def test_a_lost_process_costs_its_tasks_a_second_try(tmp_path):
    tasks = [partial(exit_until, tmp_path / "log", 1), *(partial(pow, n, 2) for n in range(4))]
    assert results_of(tasks, 2) == ["done", 0, 1, 4, 9]
    with pytest.raises(PowrlError, match="a worker process was killed"):
        results_of([partial(exit_until, tmp_path / "other", 9), partial(pow, 2, 2)], 2)


def test_joblib_ends_processes_without_another_program():
    """Without psutil it starts pgrep, and prints a traceback where a signal ends that."""
    assert loky.psutil is not None


def process_that_meets(others, folder):
    """The number of this process, once so many others have come to the folder, too."""
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) <= others:
        assert time.monotonic() < deadline, "one process did the tasks of two"
        time.sleep(0.01)
    return os.getpid()


def test_processes_start_early_and_stay_where_an_error_is_raised(tmp_path):
    def processes(name):
        folder = tmp_path / name
        folder.mkdir()
        return set(results_of([partial(process_that_meets, 1, folder)] * 2, 2))

    with starting(2, "powrl.scoring.play_here"):
        pass
    first = processes("first")
    assert os.getpid() not in first
    assert processes("after the start") == first
    with pytest.raises(PowrlError), starting(2, "powrl.scoring.play_here"):
        raise PowrlError("there is no such agent.")
    assert processes("after an error") == first
    # what they have imported is not searched for garbage
    assert min(results_of([partial(gc.get_freeze_count)] * 8, 2)) > 100_000


def test_ctrl_c_ends_all_processes():
    """A new process, with a group of its own: Ctrl-C reaches all of a group."""
    program = (
        # where the tests run in the background of a shell, Ctrl-C is ignored
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, time, os\nfrom functools import partial\nfrom powrl.parallel.run import run\n"
        "run([partial(os.system, 'echo $PPID; exec sleep 100 > /dev/null 2>&1')] * 2, 2, print)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    workers = {int(process.stdout.readline()) for _ in range(2)}
    assert len(workers) == 2
    os.killpg(process.pid, signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:  # Python ignores what is raised while it collects garbage
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    # that of the one process which hears it
    assert errors.count("Traceback") - errors.count("Exception ignored") == 1
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_where_tasks_run():
    assert make_jobs(3) == 3
    assert make_jobs(3, "ray") == RayJobs(3)
    assert make_jobs(3, "ray", "auto") == RayJobs(None, "auto")
    with pytest.raises(ConfigurationError, match="add --backend ray"):
        make_jobs(3, address="auto")
    with pytest.raises(PowrlError, match="give --jobs from 1 to 1000"):
        make_jobs(10**6)


def test_without_ray_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NotSupportedError, match=r"pip install 'powrl\[ray\]'"):
        results_of([partial(pow, 2, 2)], RayJobs())


def test_a_folder_travels_as_data(tmp_path, monkeypatch):
    monkeypatch.setenv("POWRL_CACHE", str(tmp_path / "cache"))
    for name in ("week_1", "week_2", "other"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "load.csv").write_text(name)
    folder = Folder(tmp_path / "data", ("week_1", "week_2"))
    for _ in range(2):  # the second finds it there
        place = unpacked("data", folder.digest(), folder.packed())
    assert place.parent == place_of(folder.digest())
    assert sorted(path.name for path in place.iterdir()) == ["week_1", "week_2"]
    places = {folder.path: place}
    assert relocated_path(tmp_path / "data/week_2/load.csv", places).read_text() == "week_2"
    assert relocated_path(tmp_path / "database", places) == tmp_path / "database"
    file = Folder(tmp_path / "data/other/load.csv")
    assert unpacked("load.csv", file.digest(), file.packed()).read_text() == "other"
