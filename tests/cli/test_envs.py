"""``powrl envs``, the version and the help."""

import pytest

from powrl import __version__


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
