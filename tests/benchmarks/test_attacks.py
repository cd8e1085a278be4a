"""Attacks on copies of an episode, which goes on as if there were none."""

from pathlib import Path

import grid2op
import pytest

from benchmarks.attacks import STEPS, branches, main
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError

AGENT = "l2rpn_case14_sandbox/powrl"
SCENARIOS = Scenarios("l2rpn_case14_sandbox")
FOLDER = Path(grid2op.__file__).parent / "data" / "l2rpn_case14_sandbox"


def test_each_agent_plays_each_attack():
    idle = f"{AGENT}[critical_rho=2.0]"
    attacks = branches(SCENARIOS, "0000", [AGENT, idle], ["1_3_3", "1_4_4"], 150)
    assert [attack.step for attack in attacks] == [150, 300, 450]
    assert [attack.line for attack in attacks] == ["1_3_3", "1_4_4", "1_3_3"]
    for attack in attacks:
        acting, waiting = attack.steps
        assert 0 < waiting <= acting <= STEPS


def test_a_line_that_is_not_there_is_named():
    with pytest.raises(PowrlError, match="the grid has no line 'x'; its lines are 0_1_0, "):
        branches(SCENARIOS, "0000", [AGENT], ["x"], 150)


def test_each_scenario_has_a_row_and_each_agent_its_settings(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    idle = f"{AGENT}[critical_rho=2.0]"
    main([AGENT, idle], FOLDER, "1_3_3", "0000", 400, 1)
    output = capsys.readouterr().out
    assert output.startswith("0000: of 1 attacks are lost [")
    assert idle in output
