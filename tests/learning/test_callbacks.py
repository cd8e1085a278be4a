"""Callbacks are called in their order, and what they raise is named."""

import shutil
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from powrl.configuration.loading import load_configuration
from powrl.learning.callbacks import Callbacks
from powrl.player.errors import PowrlError
from powrl.player.plugins import load_plugin

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"

SOURCE = """
CALLS = []
class Whole:
    def on_start(self, configuration, folder): CALLS.append(("start", configuration.environment))
    def on_end(self, folder): CALLS.append(("end", folder.name))
class Rows:
    def on_row(self, row): CALLS.append(("row", row.pop("timesteps")))
def function(row): CALLS.append(("function", row["timesteps"]))
class Wrong:
    def on_end(self, folder): raise OSError("no place")
"""


@pytest.fixture
def callbacks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calls.py").write_text(SOURCE)

    def make(*names: str) -> Callbacks:
        references = [f"calls:{name}" for name in names]
        return Callbacks(load_configuration("case14", [f"training.callbacks={references}"]))

    return make


def test_each_part_of_a_training_calls_what_there_is_for_it(callbacks, tmp_path):
    called = callbacks("Whole", "Rows", "function")
    called.on_start(tmp_path)
    called.on_row({"timesteps": 3})
    called.on_end(tmp_path)
    assert load_plugin("calls:CALLS", [tmp_path]) == [
        ("start", "rte_case14_realistic"),
        ("row", 3),
        ("function", 3),
        ("end", tmp_path.name),
    ]


def test_what_a_callback_raises_is_named(callbacks, tmp_path):
    with pytest.raises(PowrlError, match="the callback calls:Wrong raised OSError: no place"):
        callbacks("Wrong").on_end(tmp_path)


@pytest.mark.parametrize("tracker", ["WeightsAndBiases", "MLflow"])
def test_trackers_get_configuration_rows_and_agent(tracker, tmp_path, monkeypatch):
    """The callbacks of the examples, with the packages replaced by what records their calls."""
    wandb, mlflow = MagicMock(), MagicMock()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    shutil.copy(EXAMPLES / "my_trackers.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    called = Callbacks(
        load_configuration("case14", [f"training.callbacks=['my_trackers:{tracker}']"])
    )
    called.on_start(tmp_path)
    called.on_row({"timesteps": 3, "validation": 0.5})
    called.on_end(tmp_path)
    run = wandb.init.return_value
    if tracker == "MLflow":
        assert mlflow.log_params.call_args.args[0]["training.seed"] == 0
        mlflow.log_metrics.assert_called_once_with({"timesteps": 3.0, "validation": 0.5}, step=3)
        mlflow.end_run.assert_called_once()
    else:
        assert wandb.init.call_args.kwargs["config"]["training.seed"] == 0
        run.log.assert_called_once_with({"timesteps": 3, "validation": 0.5})
        run.finish.assert_called_once()
