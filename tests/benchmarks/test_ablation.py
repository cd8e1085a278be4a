"""The ablation: its variants, pairing and intervals, and a short one on the 14-substation grid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ablation import pages
from benchmarks.ablation.__main__ import main
from benchmarks.ablation.episodes import FILE, Episode, append, read
from benchmarks.ablation.play import Task, left_to_play
from benchmarks.ablation.summary import difference, summarize
from benchmarks.ablation.variants import GREEDY, chosen, natural, variants
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent_folder import ACTIONS_FILE, AGENT_FILE, AgentSettings
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.rules.settings import OverloadSettings
from powrl.reduction.enumeration import unitary_topologies


def episode(variant: str, scenario: str, seed: int, steps: int, **other: Any) -> Episode:
    values = {
        "group": "references" if variant in ("full", "greedy") else "rules",
        "settings": {"environment": "grid", "overload": {"plan": True}, "max_steps": None},
        "revision": "r",
        "max_steps": 100,
        "game_over": steps < 100,
        "last_attacked": None,
        "ms_mean": 1.0,
        "ms_max": 9.0,
        "acted": 0.1,
    }
    return Episode(variant=variant, scenario=scenario, seed=seed, steps=steps, **values | other)


@pytest.fixture
def agent(tmp_path: Path, case14_layout: GridLayout) -> Path:
    """A search-only agent for 14 substations, and action sets beside it."""
    folder = tmp_path / "search"
    folder.mkdir()
    overload = OverloadSettings(candidates=5, contingencies=("0_1_0",), redispatch=True)
    settings = AgentSettings("rte_case14_realistic", (), overload)
    (folder / AGENT_FILE).write_text(json.dumps(settings.to_json()), encoding="utf-8")
    every = unitary_topologies(case14_layout).actions
    for name, size in ((ACTIONS_FILE, 8), ("actions-8.json", 8), ("actions-10.json", 10)):
        ActionSet(case14_layout, every[:size]).save(folder / name)
    return folder


def test_each_variant_differs_from_the_full_agent_in_one_thing(agent: Path) -> None:
    known = {each.name: each for each in variants(agent, agent)}
    full = known["full"].settings()
    for name, variant in known.items():
        mine = variant.settings()
        changed = [
            key for key in mine["overload"] if mine["overload"][key] != full["overload"][key]
        ]
        actions = [] if mine["actions"] == full["actions"] else ["actions"]
        assert len(changed + actions) == (0 if name == "full" else 1) or name == GREEDY, name
    assert {
        "without-plan",
        "with-alarm",
        "without-contingencies",
        "critical_rho=0.9",
        "actions-10",
    } <= set(known)
    assert "actions-8" not in known  # what the full agent has


def test_thresholds_of_a_rule_that_is_off_are_left_out(agent: Path) -> None:
    settings = AgentSettings.load(agent)
    off = replace(settings, overload=replace(settings.overload, plan=False))
    (agent / AGENT_FILE).write_text(json.dumps(off.to_json()), encoding="utf-8")
    names = [each.name for each in variants(agent, None)]
    assert [name for name in names if "plan" in name] == ["with-plan"]
    assert "redispatch_every=3" in names


def test_the_yardstick_is_a_plain_greedy_search(agent: Path) -> None:
    greedy = chosen(variants(agent, None), [GREEDY])[0].overload
    assert greedy.reconnect
    assert greedy.recover
    assert not greedy.plan
    assert not greedy.redispatch
    assert greedy.counted_from == 2
    assert {each.overload.seconds for each in variants(agent, None, 30.0)} == {30.0}


def test_unknown_variants_and_agents_with_a_policy_are_refused(agent: Path, tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="no variant 'x'"):
        chosen(variants(agent, None), ["x"])
    settings = replace(AgentSettings.load(agent), observation=("line_load",))
    (agent / AGENT_FILE).write_text(json.dumps(settings.to_json()), encoding="utf-8")
    with pytest.raises(PowrlError, match="has a policy"):
        variants(agent, None)
    with pytest.raises(PowrlError, match="holds no actions"):
        variants(None, tmp_path / "nowhere")


def test_differences_are_paired_and_seeds_of_a_scenario_averaged() -> None:
    full = [episode("full", name, seed, 50) for name in "ab" for seed in range(3)]
    mine = [episode("m", "a", 0, 60), episode("m", "a", 1, 80), episode("m", "b", 2, 45)]
    found = difference([*mine, episode("m", "c", 0, 100)], full)  # nobody to compare c with
    assert found is not None
    assert found.mean == pytest.approx((20 - 5) / 2)
    assert found.interval is None
    assert difference(full, full) is None


def test_the_interval_is_over_scenarios_not_episodes() -> None:
    names = [f"week {number}" for number in range(12)]
    full = [episode("full", name, seed, 50) for name in names for seed in range(3)]
    steps = {name: 50 + number for number, name in enumerate(names)}
    once = difference([episode("m", name, 0, steps[name]) for name in names], full)
    thrice = difference([episode("m", e.scenario, e.seed, steps[e.scenario]) for e in full], full)
    assert once == thrice  # seeds that repeat each other tell nothing new
    assert once is not None
    assert once.interval is not None
    assert once.interval[0] < once.mean == 5.5 < once.interval[1]


def test_rows_are_in_order_and_say_what_was_played() -> None:
    played = [
        episode("without-plan", "a", 0, 100),
        episode("full", "a", 0, 50, ms_mean=3.0),
        episode("full", "b", 0, 100),
        episode("full", "b", 1, 80, ms_max=70.0),
    ]
    full, without = summarize(played)
    assert (full.variant, full.episodes, full.completed) == ("full", 3, 1)
    assert full.survival == pytest.approx(70)
    assert full.error == pytest.approx(20)
    assert full.ms_mean == pytest.approx((50 * 3 + 180) / 230)
    assert full.ms_max == 70
    assert without.to_full is not None
    assert without.to_full.mean == pytest.approx(50)
    assert without.error is None
    assert sorted(["a-120", "a-60", "a-all"], key=natural) == ["a-60", "a-120", "a-all"]


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    append(tmp_path, episode("full", "a", 0, 50))
    append(tmp_path, episode("full", "a", 0, 50))
    with pytest.raises(PowrlError, match="twice; remove one of the lines"):
        read(tmp_path)
    (tmp_path / FILE).write_text('{"variant": "full"\n', encoding="utf-8")
    with pytest.raises(PowrlError, match="line 1: no JSON"):
        read(tmp_path)


def test_other_settings_under_the_same_name_are_refused(agent: Path) -> None:
    full = chosen(variants(agent, None), ["full"])[0]
    settings = {**full.settings(), "max_steps": None}
    task = Task(full, settings, Path("grid"), "a", 0, 0, None, "r")
    there = episode("full", "a", 0, 50, settings=settings)
    assert left_to_play([task, replace(task, seed=1)], [there]) == [replace(task, seed=1)]
    other = episode("without-plan", "a", 0, 50)  # not asked for now
    assert left_to_play([task], [other]) == [task]
    for key, changed in (
        ("max_steps", {**settings, "max_steps": 7}),
        ("plan_width", {**settings, "overload": {**settings["overload"], "plan_width": 3}}),
    ):
        with pytest.raises(PowrlError, match=f"'full' with another {key}; choose"):
            left_to_play([replace(task, seed=1)], [replace(there, settings=changed)])


def options(**given: Any) -> dict[str, Any]:
    """What the command line gives to `main`."""
    plain: dict[str, Any] = {
        "data": None,
        "folder": "rte_case14_realistic",
        "scenarios": "000",
        "seeds": 1,
        "max_steps": 6,
        "output": None,
        "agent": None,
        "actions_folder": None,
        "seconds": None,
        "only": ["full", "greedy"],
        "list_": False,
        "jobs": 1,
        "report": None,
        "docs": None,
    }
    return plain | given


def test_a_run_goes_on_and_is_reported(
    case14: Any, agent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, docs = tmp_path / "runs", tmp_path / "docs"
    run = options(data=Path(case14.get_path_env()).parent, agent=agent, output=output)
    main(**run)
    played = read(output)
    assert {(each.variant, each.steps, each.game_over) for each in played} == {
        ("full", 6, False),
        ("greedy", 6, False),
    }
    first, second = (output / FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    # as a kill leaves it while a line is written
    (output / FILE).write_text(second + first[:30], encoding="utf-8")
    main(**run)
    assert f"1 of {len(played)} episodes left" in capsys.readouterr().out
    again = read(output)
    assert {each.key: each.steps for each in again} == {each.key: each.steps for each in played}

    docs.mkdir()
    text = f"before\n{pages.START}\nold\n{pages.END}\nafter\n"
    (docs / pages.PAGE).write_text(text, encoding="utf-8")
    for _ in range(2):
        main(**options(report=output, docs=docs))
    page = (docs / pages.PAGE).read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "old" not in page
    assert page.count("| full |") == 1
    assert (docs / pages.PICTURE).read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="--data and --output"):
        main(**options())
    with pytest.raises(PowrlError, match=r"no episodes\.jsonl"):
        main(**options(report=tmp_path))
    append(tmp_path, episode("full", "a", 0, 50))
    with pytest.raises(PowrlError, match="cannot read"):
        main(**options(report=tmp_path, docs=tmp_path))
    (tmp_path / pages.PAGE).write_text("no markers", encoding="utf-8")
    with pytest.raises(PowrlError, match="needs the lines"):
        main(**options(report=tmp_path, docs=tmp_path))
