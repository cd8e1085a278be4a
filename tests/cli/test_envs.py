"""``powrl envs``, the version and the help."""

import logging

import pytest

from powrl import __version__
from tests.agents import make_agent_folder


def test_environments_with_what_powrl_has(powrl):
    code, out, _ = powrl("envs", "--no-download")
    assert code == 0
    (row,) = [line for line in out.splitlines() if "l2rpn_neurips_2020_track1 " in line]
    assert "bundled" in row
    assert "configuration neurips_2020_track1" in out
    assert "agent l2rpn_neurips_2020_track1/" in out


def test_version(powrl):
    assert powrl("--version") == (0, f"powrl {__version__}\n", "")


@pytest.mark.parametrize("command", ["score", "train", "reduce", "package", "check", "envs"])
def test_every_command_explains_itself(powrl, command):
    code, out, _ = powrl(command, "--help")
    assert code == 0
    assert "Usage:" in out
    assert "--help" in out


def test_an_unknown_option_is_refused(powrl):
    code, _, err = powrl("envs", "--everything")
    assert code == 2
    assert "No such option" in err


def test_verbose_tells_which_simulator_is_used(powrl, tmp_path, monkeypatch):
    log = logging.getLogger("powrl")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "level", log.level)
    make_agent_folder(tmp_path / "mine", "rte_case14_realistic")
    code, _, err = powrl("--verbose", "package", "mine", "-o", "a.zip")
    assert code == 0
    assert err == "candidates are evaluated in batches on lightsim2grid's grid model\n"
