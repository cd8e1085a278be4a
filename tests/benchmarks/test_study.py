"""The search for the settings of a training: goes on where it was stopped, and tells all trials."""

import json
import logging
from pathlib import Path

import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

from benchmarks.study import END, START, main, run_study, table, trained
from powrl.configuration.sections import Configuration
from powrl.learning.algorithms.base import DivergedError
from powrl.player.errors import PowrlError
from tests.learning.test_training import configuration


@pytest.fixture(autouse=True)
def _loggers_stay_enabled():
    """A study silences logging for its whole process."""
    yield
    logging.disable(logging.NOTSET)


def rate(settings: Configuration, _folder: Path) -> float:
    return settings.training.learning_rate


def test_a_stopped_study_goes_on_and_shares_its_lessons(tmp_path):
    folders = []

    def stopped(settings: Configuration, folder: Path) -> float:
        folders.append((folder / "lessons").resolve().name)
        if len(folders) == 3:
            raise KeyboardInterrupt
        return rate(settings, folder)

    with pytest.raises(KeyboardInterrupt):
        run_study(tmp_path, 4, "somewhere", (), stopped)
    study = run_study(tmp_path, 4, "somewhere", (), rate)
    assert len(table(study).splitlines()) == 2 + 4
    assert set(folders) <= {"lessons-lean", "lessons-shipped", "lessons-wide"}
    points = [tuple(trial.params.values()) for trial in study.trials]
    assert len(set(points)) == len(points) == 5
    again = run_study(tmp_path, 4, "somewhere", (), rate)
    assert table(again) == table(study)


def test_a_trial_that_diverges_ends_no_study(tmp_path):
    def diverges_once(settings: Configuration, folder: Path) -> float:
        if folder.name == "trial-000":
            raise DivergedError("the training diverged")
        return rate(settings, folder)

    assert len(table(run_study(tmp_path, 3, "somewhere", (), diverges_once)).splitlines()) == 2 + 2


def test_the_table_begins_with_the_best(tmp_path):
    rows = table(run_study(tmp_path, 3, "somewhere", (), rate)).splitlines()[2:]
    values = [float(row.split("|")[2]) for row in rows]
    assert values == sorted(values, reverse=True)


def test_a_trial_is_worth_its_late_validations(tmp_path):
    settings = configuration("training.timesteps=200", "training.evaluate_every=1")
    value = trained(settings, tmp_path, 1)
    rows = list(map(json.loads, (tmp_path / "curve.jsonl").read_text().splitlines()))
    late = [r["validation"] for r in rows if "validation" in r and r["timesteps"] >= 100]
    early = [r["validation"] for r in rows if "validation" in r and r["timesteps"] < 100]
    assert early
    assert value == pytest.approx(sum(late) / len(late))


def test_the_page_gets_the_table(tmp_path):
    run_study(tmp_path, 1, "somewhere", (), rate)
    (tmp_path / "learning.md").write_text(f"before\n{START}\nold\n{END}\nafter\n")
    main(data=None, output=None, trials=1, overrides=[], jobs=1, report=tmp_path, docs=tmp_path)
    text = (tmp_path / "learning.md").read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| survived (%) |" in text
    assert "old" not in text
    with pytest.raises(PowrlError, match="holds no study"):
        main(None, None, 1, [], 1, report=tmp_path / "nothing", docs=tmp_path)
