"""The ablation: its variants and its table, and a short one on the 14-substation grid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ablation import pages
from benchmarks.ablation.__main__ import RUN, main
from benchmarks.ablation.summary import rows_of
from benchmarks.ablation.variants import (
    ACTIONS,
    FULL,
    GREEDY,
    REFERENCES,
    RULES,
    THRESHOLD,
    Variant,
    chosen,
    natural,
    variants,
)
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent_folder import ACTIONS_FILE, AGENT_FILE, AgentSettings
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.rules.settings import GREEDY_SEARCH, OverloadSettings
from powrl.reduction.enumeration import unitary_topologies
from powrl.scoring.contestants.variants import split_variant, with_overrides
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run_folder import RunFolder

ALL_ACTIONS = Path("all.json")


def episode(variant: str, scenario: str, seed: int, steps: int, **other: float) -> EpisodeScore:
    times = {"seconds_per_decision": 0.001, "slowest_decision": 0.009}
    return EpisodeScore(variant, scenario, seed, 0.0, steps, 100, **(times | other))


def overload_of(variant: Variant, agent: Path) -> OverloadSettings:
    """The settings that a variant plays with."""
    name, changes = split_variant(variant.text)
    stored = AgentSettings("grid", (), GREEDY_SEARCH)
    if not name.startswith("greedy:"):
        stored = AgentSettings.load(agent)
    return with_overrides(stored, changes).overload


@pytest.fixture
def agent(tmp_path: Path, case14_layout: GridLayout) -> Path:
    """A search-only agent for 14 substations, and action sets beside it."""
    folder = tmp_path / "search"
    folder.mkdir()
    overload = OverloadSettings(candidates=5, contingencies=("0_1_0",), redispatch=True)
    settings = AgentSettings("rte_case14_realistic", (), overload)
    (folder / AGENT_FILE).write_text(json.dumps(settings.to_json()), encoding="utf-8")
    actions = unitary_topologies(case14_layout).actions
    for name, size in ((ACTIONS_FILE, 8), ("actions-8.json", 8), ("actions-10.json", 10)):
        ActionSet(case14_layout, actions[:size]).save(folder / name)
    return folder


def test_each_variant_differs_from_the_full_agent_in_one_thing(agent: Path) -> None:
    by_name = {variant.name: variant for variant in variants(agent, agent, ALL_ACTIONS)}
    full = overload_of(by_name[FULL], agent).values()
    for name, variant in by_name.items():
        settings = overload_of(variant, agent).values()
        changed = [key for key in settings if settings[key] != full[key]]
        changed += [name] * name.startswith("actions-")
        assert len(changed) == (0 if name == FULL else 1) or name == GREEDY, name
    assert {
        "without-plan": RULES,
        "with-alarm": RULES,
        "without-contingencies": RULES,
        "critical_rho=0.9": THRESHOLD,
        "actions-10": ACTIONS,
        GREEDY: REFERENCES,
    }.items() <= {name: variant.group for name, variant in by_name.items()}.items()
    assert "actions-8" not in by_name  # what the full agent has
    assert "critical_rho=0.95" not in by_name


def test_thresholds_of_a_rule_that_is_off_are_left_out(agent: Path) -> None:
    settings = AgentSettings.load(agent)
    off = replace(settings, overload=settings.overload.replaced(plan=False))
    (agent / AGENT_FILE).write_text(json.dumps(off.to_json()), encoding="utf-8")
    names = [variant.name for variant in variants(agent, None, ALL_ACTIONS)]
    assert [name for name in names if "plan" in name] == ["with-plan"]
    assert "redispatch_every=3" in names


def test_the_yardstick_is_a_plain_greedy_search(agent: Path) -> None:
    (greedy,) = chosen(variants(agent, None, ALL_ACTIONS), [GREEDY])
    assert greedy.text == "greedy:all.json"
    limited = variants(agent, agent, ALL_ACTIONS, 30.0)
    assert {overload_of(variant, agent).seconds for variant in limited} == {30.0}


def test_unknown_variants_and_agents_with_a_policy_are_refused(agent: Path, tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="no variant 'x'"):
        chosen(variants(agent, None, ALL_ACTIONS), ["x"])
    settings = replace(AgentSettings.load(agent), observation=("line_load",))
    (agent / AGENT_FILE).write_text(json.dumps(settings.to_json()), encoding="utf-8")
    with pytest.raises(PowrlError, match="has a policy"):
        variants(agent, None, ALL_ACTIONS)
    with pytest.raises(PowrlError, match="holds no actions"):
        variants(None, tmp_path / "nowhere", ALL_ACTIONS)


def test_rows_are_in_order_and_say_what_was_played() -> None:
    full, without = rows_of(
        [
            episode("without-plan", "a", 0, 100),
            episode("without-plan", "b", 0, 100),
            episode("full", "a", 0, 50, seconds_per_decision=0.003),
            episode("full", "b", 0, 100, slowest_decision=0.07),
            episode("DoNothing", "a", 0, 100),
        ]
    )
    assert (full.variant, full.episodes, full.completed) == ("full", 2, 1)
    assert full.survival == pytest.approx(75)
    assert full.error == pytest.approx(25)
    assert full.ms_mean == pytest.approx((50 * 3 + 100) / 150)
    assert full.ms_max == 70
    assert full.to_full is None
    assert without.to_full is not None
    assert without.to_full.survival == pytest.approx(25)
    assert without.to_greedy is None
    assert without.cells()[4:6] == ["+25.0", ""]
    assert sorted(["a-120", "a-60", "a-all"], key=natural) == ["a-60", "a-120", "a-all"]


def options(**changed: Any) -> dict[str, Any]:
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
    return plain | changed


def test_a_run_goes_on_and_is_reported(case14: Any, agent: Path, tmp_path: Path) -> None:
    output, docs = tmp_path / "runs", tmp_path / "docs"
    run = options(data=Path(case14.get_path_env()).parent, agent=agent, output=output)
    main(**run)
    files = RunFolder(output / RUN)
    played = files.episodes()
    names = ["greedy", "full", "DoNothing", "RecoPowerline"]
    # the baselines come first where an earlier test has played the same episode
    assert sorted((score.agent, score.steps) for score in played) == sorted((n, 6) for n in names)
    assert "| full | 1 |" in (output / "summary.md").read_text(encoding="utf-8")
    files.scores.unlink()
    main(**run)
    assert files.is_finished
    assert files.episodes() == played
    with pytest.raises(PowrlError, match="a scoring with other max_steps; choose another --output"):
        main(**(run | {"max_steps": 5}))
    with pytest.raises(PowrlError, match="a scoring with other agents; choose another --output"):
        main(**(run | {"seconds": 5.0}))

    docs.mkdir()
    text = f"before\n{pages.START}\nold\n{pages.END}\nafter\n"
    (docs / pages.PAGE).write_text(text, encoding="utf-8")
    for _ in range(2):
        main(**options(report=output, docs=docs))
    page = (docs / pages.PAGE).read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "old" not in page
    assert "rte_case14_realistic: 1 scenario of 6 steps, 1 seed; powrl" in page
    assert page.count("| full |") == 1
    assert (docs / pages.PICTURE).read_bytes().startswith(b"\x89PNG")
    (docs / pages.PAGE).write_text("no markers", encoding="utf-8")
    with pytest.raises(PowrlError, match="needs the lines"):
        main(**options(report=output, docs=docs))


def test_incomplete_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="--data and --output"):
        main(**options())
    with pytest.raises(PowrlError, match="--docs goes with --report"):
        main(**options(docs=tmp_path))
    with pytest.raises(PowrlError, match="is not the folder of a finished scoring"):
        main(**options(report=tmp_path))
