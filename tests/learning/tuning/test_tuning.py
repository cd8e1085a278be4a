"""The search for settings: its space, its trials, and that a stop changes nothing of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
pytest.importorskip("optuna", reason="tuning needs powrl[tune]")

import yaml

from powrl.configuration.loading import load_configuration
from powrl.configuration.sections import Configuration
from powrl.learning.algorithms.base import DivergedError
from powrl.learning.tuning import functions, report, trial
from powrl.learning.tuning.functions import resume_tuning, tune
from powrl.learning.tuning.space import overrides_of, require_space
from powrl.learning.tuning.study import Study
from powrl.learning.tuning.trial import value_of
from powrl.player.errors import ConfigurationError, PowrlError

SPACE = """
tuning:
  trials: 3
  overrides: {training.timesteps: 40}
  space:
    training.learning_rate: {low: 0.00003, high: 0.001, log: true}
    training.n_epochs: {low: 2, high: 10}
    training.layers: {choices: [[8], [8, 8]]}
"""


class Trainer:
    """Stands for a training: its validations follow from the learning rate alone."""

    def __init__(self, killed_at: int = 0, diverges_at: int = 0) -> None:
        self.calls = 0
        self._killed_at = killed_at
        self._diverges_at = diverges_at

    def __call__(
        self, configuration: Configuration, folder: Path, _command: str, *arguments: Any
    ) -> Path:
        report = arguments[1]
        assert configuration.tuning is None
        assert configuration.training.timesteps == 40
        rows = []
        for timesteps in (0, 20, 40):
            rate = configuration.training.learning_rate
            rows.append({"timesteps": timesteps, "validation": rate * (1 + timesteps)})
            (folder / "curve.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            report(rows[-1])
            self.calls += 1
            if self.calls == self._killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
        if self.calls == self._diverges_at:
            raise DivergedError("the training diverged")
        (folder / "agent").mkdir(exist_ok=True)
        (folder / "agent" / "agent.json").write_text(json.dumps({"rate": rate}))
        return folder / "agent"


@pytest.fixture
def use(tmp_path, monkeypatch):
    """Let a trainer stand for trainings, in a folder with a configuration."""
    monkeypatch.chdir(tmp_path)
    body = yaml.safe_load(SPACE)
    body |= {"environment": "l2rpn_case14_sandbox", "scenarios": {"train": {"names": "0000"}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(body))
    monkeypatch.setattr(functions, "require_usable", lambda *_: None)
    monkeypatch.setattr(report, "_picture", lambda _: b"picture")
    return partial(monkeypatch.setattr, trial, "train")


@pytest.fixture
def search(use, tmp_path):
    """Tune with a trainer: outcomes of the trials that ended."""

    def run(name: str, trainer: Trainer, **options: Any) -> list[tuple[Any, ...]]:
        use(trainer)
        return outcomes(tune("mine.yaml", tmp_path / name, **options))

    return run


def outcomes(folder: Path) -> list[tuple[Any, ...]]:
    settings = load_configuration(folder / "configuration.yaml").tuning
    return [
        (trial.params, trial.value, trial.intermediate_values, trial.user_attrs)
        for trial in Study(folder, settings).ended
    ]


def killed(work: Callable[[], Any]) -> bool:
    """Whether a process that works is killed."""
    process = os.fork()
    if not process:
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def test_a_search_that_was_killed_has_the_trials_of_one_that_was_not(use, search, tmp_path):
    whole = search("whole", Trainer())
    folder = tmp_path / "killed"
    use(Trainer(killed_at=1))
    assert killed(lambda: tune("mine.yaml", folder))
    for moment in (2, 3, 5):
        use(Trainer(killed_at=moment))
        assert killed(lambda: resume_tuning(folder))
    use(Trainer())
    assert outcomes(resume_tuning(folder)) == whole
    assert len(whole) == 3
    assert (folder / "trials.csv").read_text() == (tmp_path / "whole" / "trials.csv").read_text()


def test_the_best_trial_is_kept_with_its_configuration(search, tmp_path):
    trials = search("run", Trainer())
    rates = [parameters["training.learning_rate"] for parameters, *_ in trials]
    folder = tmp_path / "run"
    best = load_configuration(folder / "best.yaml")
    assert best.training.learning_rate == max(rates)
    assert best.training.timesteps != 40, "the trials alone are shorter"
    assert best.tuning is None
    assert json.loads((folder / "agent" / "agent.json").read_text())["rate"] == max(rates)
    page = (folder / "report.html").read_text()
    assert "trial-002" in page
    assert "data:image/png" in page


def test_a_search_is_made_longer(search, tmp_path):
    before = search("run", Trainer(), trials=2)
    resume_tuning(tmp_path / "run", trials=3)
    settings = load_configuration(tmp_path / "run" / "configuration.yaml").tuning
    after = Study(tmp_path / "run", settings).ended
    assert [trial.params for trial in after[:2]] == [parameters for parameters, *_ in before]
    assert len(after) == 3


def test_a_training_that_diverges_ends_no_search(search, tmp_path):
    trials = search("run", Trainer(diverges_at=3), trials=2)
    assert trials[0][1] != pytest.approx(trials[1][1])
    assert trials[0][3]["why"] == "the training diverged"
    assert "ended early: the training diverged" in (tmp_path / "run" / "report.html").read_text()


def test_quick_lowers_what_the_trials_cost(search, tmp_path):
    search("run", Trainer(), trials=1, quick=True)
    overrides = load_configuration(tmp_path / "run" / "configuration.yaml").tuning.overrides
    assert overrides["training.evaluation_candidates"] == 3
    assert overrides["training.timesteps"] == 40


def test_a_damaged_database_is_refused(search, tmp_path):
    search("run", Trainer(), trials=1)
    (tmp_path / "run" / "study.db").write_bytes(b"no database of any kind" * 100)
    with pytest.raises(PowrlError, match=r"study\.db cannot be used; restore it"):
        resume_tuning(tmp_path / "run")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("delete from trial_user_attributes", "are not those of the search"),
        ("update trial_user_attributes set value_json = '{bad'", "cannot be used"),
        ("update trial_user_attributes set value_json = '\"../../../ag\"'", "are not those of"),
        ("update trial_user_attributes set value_json = '5'", "are not those of the search"),
        (
            "update trial_params set distribution_json = replace(distribution_json, '10', '11')",
            "are not those of the search",
        ),
        ("update trial_params set distribution_json = '{}'", "cannot be used"),
        ("update trial_params set param_value = 99", "cannot be used|are not those of"),
        ("delete from trial_params", "are not those of the search"),
        ("delete from trial_values", "cannot be used|are not those of"),
        ("update trial_values set value = 0.75", "are not those of the search"),
        ("update trial_params set param_value = 5e-4", "are not those of the search"),
        ("update trial_intermediate_values set intermediate_value = 0", "are not those of"),
        ("update trials set state = 'PRUNED'", "are not those of the search"),
    ],
)
def test_an_edited_database_is_refused(search, tmp_path, statement, message):
    search("run", Trainer(), trials=2)
    link = (tmp_path / "run" / "agent").readlink()
    with closing(sqlite3.connect(tmp_path / "run" / "study.db")) as database, database:
        assert database.execute(statement).rowcount
    with pytest.raises(PowrlError, match=message):
        resume_tuning(tmp_path / "run", trials=3)
    assert (tmp_path / "run" / "agent").readlink() == link
    assert len(list((tmp_path / "run" / "trials").iterdir())) == 2


@pytest.mark.parametrize("text", ["{}", '{"files": 5}', '{"files": {}}', '{"scenarios": []}'])
def test_an_edited_start_is_refused(search, tmp_path, text):
    search("run", Trainer(), trials=1)
    (tmp_path / "run" / "run.json").write_text(text)
    with pytest.raises(PowrlError, match=r"run\.json .*; restore it, or .* anew\."):
        resume_tuning(tmp_path / "run", trials=2)
    assert len(list((tmp_path / "run" / "trials").iterdir())) == 1


def test_an_edited_start_of_a_trial_begins_it_anew(use, tmp_path):
    folder = tmp_path / "run"
    use(Trainer(killed_at=2))
    assert killed(lambda: tune("mine.yaml", folder, trials=1))
    configuration = folder / "trials" / "trial-000" / "configuration.yaml"
    before = configuration.read_text()
    assert "seed: 0" in before
    configuration.write_text(before.replace("seed: 0", "seed: 1"))
    (configuration.parent / "run.json").write_text("{}")
    use(Trainer())
    resume_tuning(folder)
    assert configuration.read_text() == before


def test_the_agent_of_the_best_trial_has_to_be_there(search, tmp_path):
    search("run", Trainer(), trials=1)
    shutil.rmtree(tmp_path / "run" / "trials" / "trial-000")
    with pytest.raises(PowrlError, match=r"trial-000/agent, the agent of the best trial, is gone"):
        resume_tuning(tmp_path / "run", trials=2)
    assert list((tmp_path / "run" / "trials").iterdir()) == []


def test_an_agent_that_is_no_link_is_refused(search, tmp_path):
    search("run", Trainer(), trials=1)
    agent = tmp_path / "run" / "agent"
    agent.unlink()
    agent.mkdir()
    before = sorted((tmp_path / "run").iterdir())
    with pytest.raises(PowrlError, match="is no link to the agent of a trial; move it elsewhere"):
        resume_tuning(tmp_path / "run", trials=2)
    assert sorted((tmp_path / "run").iterdir()) == before


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(PowrlError, match="is no run folder of powrl tune"):
        resume_tuning(tmp_path)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("training.n_epoch", "{low: 1, high: 2}", "did you mean 'n_epochs'"),
        ("training.n_epochs", "{low: 0, high: 2}", r"tuning\.space\.training\.n_epochs: .*0 was"),
        ("training.layers", "{choices: [[8], nine]}", r"tuning\.space\.training\.layers"),
    ],
)
def test_a_space_that_the_configuration_does_not_allow_is_refused(key, values, message):
    body = yaml.safe_load(f"{{space: {{{key}: {values}}}}}")
    settings = load_configuration("case14", [f"tuning={json.dumps(body)}"]).tuning
    with pytest.raises(ConfigurationError, match=message):
        require_space("case14", settings.space, None)


@pytest.mark.parametrize(
    "values",
    ["{low: 3, high: 2}", "{low: 0, high: 2, log: true}", "{choices: [1]}", "{lowest: 1}", "7"],
)
def test_a_space_that_is_none_is_refused_in_a_sentence(values):
    with pytest.raises(ConfigurationError, match=r"tuning\.space"):
        load_configuration("case14", [f"tuning={{space: {{training.n_epochs: {values}}}}}"])


def test_values_are_overrides_that_mean_the_same():
    values = {"training.learning_rate": 3e-05, "training.layers": "[8, 8]", "training.gamma": 1.0}
    settings = load_configuration("case14", overrides_of(values)).training
    assert settings.learning_rate == 3e-05
    assert settings.layers == (8, 8)
    extra = overrides_of({"training.algorithm_settings.vf_coef": 3e-05})
    assert load_configuration("case14", extra).training.algorithm_settings == {"vf_coef": 3e-05}


def test_the_worth_of_a_training_is_that_of_its_second_half():
    rows = [{"timesteps": n, "validation": n / 10} for n in (0, 4, 6, 8)]
    assert value_of(rows, 8) == pytest.approx(0.6)
    assert value_of(rows[:2], 100) == pytest.approx(0.4)


def test_trials_that_are_worse_than_the_others_end_early(search):
    trials = search("run", Trainer(), trials=8)
    reasons = {trial[3].get("why") for trial in trials}
    assert reasons == {None, "it was worse than the median of the others"}
