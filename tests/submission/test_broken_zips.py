"""Broken zips: each gets its verdict, soon, and leaves no file and no process."""

from __future__ import annotations

import io
import os
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from powrl.editions.editions import EDITIONS, Edition
from powrl.player.errors import PowrlError
from powrl.submission import check
from powrl.submission.check import CheckOutcome, Report, check_submission
from powrl.submission.dry_run import DryRun
from tests.submission.zips import DO_NOTHING, ENVIRONMENT, acting, write_zip

REFUSED = "refused before anything is run"
IMPORT = "the submission can be imported"
MAKE_AGENT = "make_agent makes an agent"
PLAY = "the agent plays"

SHORT = DryRun(ENVIRONMENT, steps=3, scenarios=1)
ENDLESS = DryRun(ENVIRONMENT, steps=3, scenarios=1, timeout=9)
"""Enough to open the environment, which takes three seconds."""

Builder = Callable[[Path, Path], object]
"""(zip to write, zip of a good agent of powrl); what is beside the zip must stay as it is."""


@dataclass(frozen=True)
class Broken:
    """A broken zip, and what is to be said of it.

    Attributes
    ----------
    step, says:
        The check that does not pass, and words of its finding; `REFUSED`: of the error.
    shows:
        Words of the traceback or of the output.
    """

    build: Builder
    step: str
    says: str
    dry_run: DryRun = SHORT
    outcome: CheckOutcome = "failed"
    shows: str = ""
    edition: Edition | None = None


def source(text: str, **files: str) -> Builder:
    return lambda path, _good: write_zip(path, text, **files)


def act(*lines: str) -> Builder:
    return source(acting(*lines, "return self.action_space({})"))


def with_entry(entry: zipfile.ZipInfo, content: bytes = b"x", says_size: int = 0) -> Builder:
    """A good zip with one more entry; its directory may lie about the size."""

    def build(path: Path, _good: Path) -> None:
        write_zip(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(entry, content)
            entry.file_size = says_size or entry.file_size

    return build


def symbolic_link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("submission/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def only(*names: str) -> Builder:
    def build(path: Path, _good: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "")

    return build


def changed(name: str, change: Callable[[bytes, Path], bytes | None]) -> Builder:
    """A good agent's zip, one file of which is changed."""

    def build(path: Path, good: Path) -> None:
        with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
            for entry in old.namelist():
                content = old.read(entry)
                changed = change(content, path) if entry.endswith(name) else content
                if changed is not None:
                    new.writestr(entry, changed)

    return build


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def with_payload(content: bytes, path: Path) -> bytes:
    arrays = dict(np.load(io.BytesIO(content)))
    arrays["weight_0"] = np.array([Payload(path.parent / "unpickled")], dtype=object)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def writes_beside_the_zip(path: Path, _good: Path) -> None:
    target = str(path.parent / "outside.txt")
    write_zip(path, acting(f"open({target!r}, 'w').write('x')", "return self.action_space({})"))


DAEMON = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', os.getcwd()]"
SURVIVORS = f"""
import os, subprocess, sys
{DAEMON})
{DAEMON}, start_new_session=True, env={{}}, cwd="/")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {DAEMON}).wait()
    os._exit(0)
"""
FOLDERS = (
    "import ctypes, os",
    "os.chdir(os.environ['HOME'])",
    # deeper than Python recurses, and longer than a path may be; os.mkdir would make the check
    # look up the whole path each time
    "for _ in range(1100 if self.steps == 1 else 0):",
    "    ctypes.CDLL(None).mkdir(b'folder', 0o700)",
    "    os.chdir('folder')",
    "os.chdir(os.environ['HOME'])",
)
SWALLOWS_ALL = (
    "import signal, time",
    "for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:",
    "    signal.signal(number, signal.SIG_IGN)",
    "while True:",
    "    try:",
    "        time.sleep(1)",
    "        raise SystemExit",
    "    except BaseException:",
    "        pass",
)

TABLE = {
    # refused
    "no zip": Broken(lambda path, _good: path.write_text("no zip"), REFUSED, "is no zip"),
    "a zip cut short": Broken(
        lambda path, good: path.write_bytes(good.read_bytes()[:5000]), REFUSED, "is cut short"
    ),
    "a folder around it": Broken(
        only("mine/metadata", "mine/submission/__init__.py"),
        REFUSED,
        "zip what is in the folder of mine/metadata",
    ),
    "no package submission": Broken(
        only("metadata", "agent.py"), REFUSED, "has no submission/__init__.py"
    ),
    "a path that leads out": Broken(
        with_entry(zipfile.ZipInfo("../escape.txt")), REFUSED, "leads out of its folder"
    ),
    "a symbolic link": Broken(
        with_entry(symbolic_link(), b"/etc/passwd"), REFUSED, "put the file itself there"
    ),
    "a zip bomb": Broken(
        with_entry(zipfile.ZipInfo("submission/zeros"), says_size=3 * 1024**3),
        REFUSED,
        "larger than 2147 MB when unpacked; leave out",
    ),
    "an unknown environment": Broken(source(DO_NOTHING), REFUSED, "--environment", DryRun()),
    # import
    "an absolute import of its own": Broken(
        source("import helpers\n" + DO_NOTHING, **{"helpers.py": ""}),
        IMPORT,
        "import it relatively: from . import helpers",
    ),
    "it needs hypothesis": Broken(
        source("import numpy\nimport hypothesis\n" + DO_NOTHING),
        IMPORT,
        "it imports 'hypothesis', which a server with grid2op and lightsim2grid does not have",
        shows="import hypothesis",
    ),
    # make_agent
    "an exception in make_agent": Broken(
        source("def make_agent(env, path):\n    raise KeyError('weights')\n"),
        MAKE_AGENT,
        "KeyError: 'weights'; mend this",
        shows="submission/__init__.py",
    ),
    "no agent": Broken(
        source("def make_agent(env, path): return 3"), MAKE_AGENT, "make_agent returned a int"
    ),
    "missing weights": Broken(
        changed("policy.npz", lambda _content, _path: None),
        MAKE_AGENT,
        "there is no policy submission/agent/policy.npz; add it",
    ),
    "a pickle as weights": Broken(
        changed("policy.npz", with_payload), MAKE_AGENT, "submission/agent/policy.npz is damaged"
    ),
    # playing
    "an exception in act": Broken(
        act("print('step', self.steps)", "assert self.steps < 3"),
        PLAY,
        "AssertionError (scenario 000, step 2); mend this",
        shows="step 3",
    ),
    "no action": Broken(
        source(acting("return None")), PLAY, "act returned a NoneType; return an action"
    ),
    # that of another stage is ended alike
    "an endless loop that swallows all": Broken(
        source(acting(*SWALLOWS_ALL)),
        PLAY,
        "had not ended after 9 s",
        ENDLESS,
        shows="most recent call first",
    ),
    "a hog of memory": Broken(
        act("hog = []", "while True:", "    hog.append(bytes(10**8))"),
        PLAY,
        "keep within 4 GB of memory, or give it more with --memory",
        DryRun(ENVIRONMENT, steps=3, scenarios=1, memory=4 * 10**9),
    ),
    "output without end": Broken(
        act("while True:", "    print('x' * 10**6)"),
        PLAY,
        "print less, and keep files below 0.01 GB",
        DryRun(ENVIRONMENT, steps=3, scenarios=1, written=10**7),
    ),
    "it exits": Broken(act("raise SystemExit(3)"), PLAY, "it exits (SystemExit: 3) (scenario 000"),
    "it ends its process": Broken(
        act("import os", "os._exit(0)"), PLAY, "its process exited with code 0 (scenario 000)"
    ),
    "it crashes": Broken(
        act("import ctypes", "ctypes.string_at(0)"),
        PLAY,
        "signal 11 (Segmentation fault)",
        shows="most recent call first",
    ),
    "it writes elsewhere": Broken(
        writes_beside_the_zip, PLAY, "outside.txt) (scenario 000, step 0); a server may not let it"
    ),
    "it ends who supervises it": Broken(
        act("import os", "os.kill(os.getppid(), 9)"),
        PLAY,
        "which is not its own (scenario 000, step 0); end only what it started itself",
    ),
    "processes that survive it, and folders without end": Broken(
        source(SURVIVORS + acting(*FOLDERS, "return self.action_space({})")),
        PLAY,
        "steps: 3",
        outcome="passed",
    ),
    "illegal actions every step": Broken(
        act("return self.action_space({'set_line_status': [(0, -1), (1, -1)]})"),
        "its actions are legal",
        "3 illegal and 0 ambiguous of 3 actions; the server does nothing in their place",
        outcome="warning",
    ),
    "decisions that fail": Broken(
        changed(
            "rules/manager.py",
            lambda content, _path: content.replace(b"if self.time.is_spent:", b"if 1 / 0:"),
        ),
        "its decisions do not fail",
        "3 of 3 decisions ended in an error",
        shows="ZeroDivisionError",
    ),
    "too slow for the edition": Broken(
        act("import time", "time.sleep(0.06)"),
        "time per decision",
        "Delft 2023 allows, for the lowest score; make it faster",
        edition=EDITIONS["delft2023"],
    ),
}


@pytest.mark.parametrize("broken", TABLE.values(), ids=TABLE)
def test_a_broken_zip_gets_its_verdict(
    broken: Broken,
    packaged: Path,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.zip"
    broken.build(path, packaged)
    files = set(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    begin = time.monotonic()
    if broken.step == REFUSED:
        monkeypatch.setattr(check, "dry_run", None)
        with pytest.raises(PowrlError, match=broken.says) as refusal:
            check_submission(path, broken.dry_run, broken.edition)
        assert ";" in str(refusal.value)  # what to do
    else:
        require_verdict(check_submission(path, broken.dry_run, broken.edition), broken)
    assert time.monotonic() - begin < 300
    assert set(tmp_path.rglob("*")) == files
    assert not list(processes_of(temporary))


def require_verdict(report: Report, broken: Broken) -> None:
    by_step = {verdict.check: verdict for verdict in report.verdicts}
    assert broken.step in by_step, report
    assert by_step[broken.step].outcome == broken.outcome, report
    assert broken.says in by_step[broken.step].finding
    assert broken.shows in report.traceback + report.output
    others = {verdict.outcome for step, verdict in by_step.items() if step != broken.step}
    assert others == {"passed"}, report
    if broken.outcome != "passed":
        assert ";" in by_step[broken.step].finding  # what to do


def processes_of(folder: Path) -> Iterator[str]:
    """The command lines of all processes that know a folder from their arguments or variables."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            texts = [(process / name).read_bytes() for name in ("cmdline", "environ")]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended just now, or is another user's
        if any(str(folder).encode() in text for text in texts):
            yield texts[0].decode(errors="replace")
