"""Each edition's score is that of its grid2op class, called by hand."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grid2op
import numpy as np
import pytest
from grid2op.Reward import L2RPNSandBoxScore
from grid2op.utils import ScoreICAPS2021, ScoreL2RPN2020, ScoreL2RPN2022, ScoreL2RPN2023

from powrl.editions.editions import (
    EDITIONS,
    NO_EDITION,
    CostUnits,
    EditionName,
    edition_of,
    find_cost_units,
    find_edition,
)
from powrl.environments.backend import backend_of_read_grids
from powrl.environments.opening import MULTIMIX_MARK, Scenarios
from powrl.player.errors import ConfigurationError, PowrlError
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.planning import plan_contest
from powrl.scoring.play import play_contest
from powrl.scoring.results import EpisodeScore
from tests.oracle.costs_2020 import ScoreInUnitsOf2020, StepCost2020
from tests.scoring.foreign import LineOpener
from tests.short_scenarios import BUNDLED, with_rows

FOREIGN = "tests.scoring.foreign:make_agent"
MAX_STEPS = 10
ROWS = 2 * MAX_STEPS
_HUB = {
    "small": (ScoreICAPS2021, ("operation", "alarms")),
    "large": (ScoreL2RPN2023, ("operation", "renewables", "alerts")),
}
CLASSES = {
    "wcci2020": (ScoreL2RPN2020, ()),
    "neurips2020": (ScoreL2RPN2020, ()),
    "neurips2020-track2": (ScoreL2RPN2020, ()),
    "icaps2021": (ScoreICAPS2021, ("operation", "alarms")),
    "wcci2022": (ScoreL2RPN2022, ()),
    "delft2023": (ScoreL2RPN2022, ()),
    "idf2023": (ScoreL2RPN2023, ("operation", "renewables", "alerts")),
    **{f"ai4realnet-{size}": expected for size, expected in _HUB.items()},
    **{f"ai4realnet-{size}-noisy": expected for size, expected in _HUB.items()},
}


@pytest.fixture(scope="module")
def two_mixes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled environment of two mixes, with a few rows of its scenarios."""
    name = EDITIONS["neurips2020-track2"].bundled
    folder = tmp_path_factory.mktemp("mixes") / name
    folder.mkdir()
    shutil.copyfile(BUNDLED / name / MULTIMIX_MARK, folder / MULTIMIX_MARK)
    for mix in ("x1", "x2.5"):
        with_rows(BUNDLED / name / mix, folder, ["001", "002"], range(ROWS))
    return folder


def planned(
    edition: str, names: str, source: str | Path = "bundled", agents: Sequence[str] = (FOREIGN,)
) -> Contest:
    rules = EDITIONS[edition]
    return plan_contest(
        Scenarios(rules.bundled, source, names),
        parse_contestants(agents, baselines=False),
        (0,),
        MAX_STEPS,
        rules,
    )


def played(contest: Contest) -> EpisodeScore:
    """The first contestant's first episode."""
    return play_contest(contest, 1, lambda: None, lambda _: None)[0]


def by_hand(folder: Path, scenario: str, seed: int, judge: Any, tmp_path: Path) -> tuple[Any, int]:
    """Score and steps; with grids that are read once, which play to the digit as others do."""
    copy = shutil.copytree(
        folder,
        tmp_path / folder.name,
        ignore=shutil.ignore_patterns("chronics", "__pycache__", "_statistics*"),
    )
    shutil.copytree(folder / "chronics" / scenario, copy / "chronics" / scenario)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = grid2op.make(str(copy), backend=backend_of_read_grids()())
        official = judge(
            environment, env_seeds=[seed], agent_seeds=[seed], nb_scenario=1, max_step=MAX_STEPS
        )
        scores, steps, _ = official.get(LineOpener(environment.action_space))
        environment.close()
    return scores[0], steps[0]


@pytest.mark.parametrize("edition", ["wcci2020", "icaps2021", "wcci2022", "idf2023"])
def test_the_score_is_that_of_the_class_called_by_hand(edition: str, tmp_path: Path) -> None:
    source = BUNDLED / EDITIONS[edition].bundled
    scenario = sorted(path.name for path in (source / "chronics").iterdir())[0]
    folder = with_rows(source, tmp_path / "short", [scenario], range(ROWS))
    contest = planned(edition, scenario, folder)
    episode = played(contest)
    judge, parts = CLASSES[edition]
    scores, steps = by_hand(folder, scenario, 0, judge, tmp_path)
    score, *of_parts = np.atleast_1d(scores)
    assert episode.score == score != 0
    assert episode.parts == dict(zip(parts, of_parts, strict=True))
    assert episode.steps == steps < MAX_STEPS


def test_the_score_in_units_of_2020_is_that_of_a_class_with_the_costs_of_2020(
    tmp_path: Path,
) -> None:
    scenarios = Scenarios("rte_case14_realistic", names="000")
    units = CostUnits.YEAR_2020
    contestants = parse_contestants([FOREIGN], baselines=False)
    contest = plan_contest(scenarios, contestants, (0,), MAX_STEPS, None, units)
    episode = played(contest)
    scores, steps = by_hand(contest.folder, "000", 0, ScoreInUnitsOf2020, tmp_path)
    assert (episode.score, episode.steps) == (scores, steps)
    assert episode.score != 0


def test_every_mix_is_scored_by_itself(two_mixes: Path, tmp_path: Path) -> None:
    contest = planned("neurips2020-track2", "001", two_mixes)
    assert list(contest.scenarios) == ["x1/001", "x2.5/001"]
    assert contest.environment == "l2rpn_neurips_2020_track2"
    first, second = play_contest(contest, 1, lambda: None, lambda _: None)
    expected = by_hand(two_mixes / "x2.5", "001", 0, ScoreL2RPN2020, tmp_path)
    assert (second.score, second.steps) == expected
    assert first.score != second.score


def test_scenarios_of_one_mix_can_be_named(two_mixes: Path) -> None:
    bundled = planned("neurips2020-track2", "x1/00.", agents=())
    assert list(bundled.scenarios) == ["x1/001", "x1/002"]
    contest = planned("neurips2020-track2", r"x2\.5/.*|001", two_mixes, ())
    assert contest.environment == "l2rpn_neurips_2020_track2"
    assert list(contest.scenarios) == ["x1/001", "x2.5/001", "x2.5/002"]
    with pytest.raises(PowrlError, match=r"no scenario of .*track2 .*for instance x1/001"):
        planned("neurips2020-track2", "x9/.*", two_mixes, ())


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_edition_has_its_class_and_what_it_tells(edition: str) -> None:
    judge, parts = CLASSES[edition]
    assert EDITIONS[edition].score_class is judge
    assert EDITIONS[edition].parts == parts


def test_an_environment_tells_its_edition() -> None:
    assert edition_of("l2rpn_icaps_2021_val").name == "icaps2021"
    assert edition_of("l2rpn_neurips_2020_track2").name == "neurips2020-track2"
    assert edition_of("l2rpn_wcci_2022_val").name == "wcci2022"
    assert edition_of("rte_case14_realistic") is NO_EDITION


def test_an_edition_is_found_by_its_name() -> None:
    assert find_edition(None) is None
    assert find_edition("idf2023") is find_edition(EditionName("idf2023")) is EDITIONS["idf2023"]
    with pytest.raises(ConfigurationError, match="edition: idf2022: unknown key, did you mean"):
        find_edition("idf2022")


@pytest.mark.parametrize("name", [0, 1.5, True, [], {}, object()])
def test_what_names_no_edition_and_no_units_is_refused(name: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"edition: .*unknown key"):
        find_edition(name)
    with pytest.raises(ConfigurationError, match=r"cost_units: .*unknown key"):
        find_cost_units(name)


def test_an_environment_without_alarms_is_refused() -> None:
    with pytest.raises(
        PowrlError, match=r"scores alarms, which rte_case14.*; give l2rpn_icaps_2021,"
    ):
        plan_contest(
            Scenarios("rte_case14_realistic"), parse_contestants([]), (0,), 3, EDITIONS["icaps2021"]
        )


def test_costs_of_2020_count_a_step_as_an_hour(case14: Any) -> None:
    assert case14.delta_time_seconds == 300
    now, then = L2RPNSandBoxScore(), StepCost2020()
    for reward in (now, then):
        reward.initialize(case14)
    arguments = (case14.action_space(), case14)
    no_error = (False, False, False, False)
    assert then(*arguments, *no_error) == pytest.approx(12 * now(*arguments, *no_error))
    error = (True, True, False, False)
    assert then(*arguments, *error) == now(*arguments, *error)


def test_only_the_editions_of_2020_have_costs_of_2020() -> None:
    then = CostUnits.YEAR_2020
    EDITIONS["wcci2020"].require_units(then)
    with pytest.raises(PowrlError, match="leave out --cost-units"):
        plan_contest(Scenarios("rte_case14_realistic"), (), (0,), 3, EDITIONS["idf2023"], then)
