"""Callbacks for Weights & Biases and MLflow, which have to be installed beside powrl."""

from __future__ import annotations

from pathlib import Path

from powrl.configuration.sections import Configuration


class WeightsAndBiases:
    """Log a training to Weights & Biases; a training that goes on continues its run there."""

    def on_start(self, configuration: Configuration, folder: Path) -> None:
        """Begin or continue the run that has the name of the run folder."""
        import wandb

        name = folder.resolve().name
        values = configuration.hyperparameters()
        self._run = wandb.init(
            project="powrl", id=name, name=name, dir=str(folder), config=values, resume="allow"
        )

    def on_row(self, row: dict[str, float]) -> None:
        """Log a row of the curve."""
        self._run.log(row)

    def on_end(self, folder: Path) -> None:
        """Add the agent, and end the run."""
        self._run.log_artifact(str(folder / "agent"), name="agent", type="model")
        self._run.finish()


class MLflow:
    """Log a training to MLflow, to the server of ``MLFLOW_TRACKING_URI``."""

    def on_start(self, configuration: Configuration, folder: Path) -> None:
        """Begin a run with the configuration as its parameters."""
        import mlflow

        mlflow.set_experiment("powrl")
        mlflow.start_run(run_name=folder.resolve().name)
        mlflow.log_params(configuration.hyperparameters())

    def on_row(self, row: dict[str, float]) -> None:
        """Log a row of the curve at its number of decisions, or of the epoch of the imitation."""
        import mlflow

        step = int(row["epoch"] if "epoch" in row else row["timesteps"])
        mlflow.log_metrics({name: float(value) for name, value in row.items()}, step=step)

    def on_end(self, folder: Path) -> None:
        """Add the agent, and end the run."""
        import mlflow

        mlflow.log_artifacts(str(folder / "agent"), "agent")
        mlflow.end_run()
