"""The trials of a search: which come next, what they gave, and where that is kept.

The database is sqlite's, which survives a kill, and which optuna-dashboard reads. A trial that was
stopped counts as failed; the next one has its values, as the sampler begins each trial with a seed
that follows from the number of trials that ended, and goes on in its folder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import optuna
import sqlalchemy.exc
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.trial import FrozenTrial, TrialState

from ...configuration.sections import Configuration
from ...configuration.tuning_section import TuningSettings
from ...errors import PowrlError
from ...storage.digest import digest_of_json
from ..algorithms.base import DivergedError
from .space import distributions_of
from .trial import OnValidation

STUDY_FILE = "study.db"
NAME = "powrl"
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
_FOLDER, _WHY, _DIGEST = "folder", "why", "digest"
_UNREADABLE = (
    *(sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError),
)
"""What Optuna raises on a damaged or edited database."""
_WARM_UP = 2
"""Validations before none of which a training ends early: untrained, and after the lessons."""

Objective = Callable[[int, dict[str, object], OnValidation], float]
"""Trains with the values of a trial, which is known by its number among those that ended; tells
of each validation; returns what the training is worth."""


class Study:
    """The trials in a folder; a database is made where there is none.

    Raises
    ------
    PowrlError
        The database is damaged or of something else, or its trials are not those of the search.
    """

    def __init__(self, folder: Path, settings: TuningSettings) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._settings = settings
        path = folder.resolve() / STUDY_FILE
        try:
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}}
            )
            self._study = optuna.create_study(
                study_name=NAME,
                storage=storage,
                direction="maximize",
                load_if_exists=True,
                pruner=_pruner(settings),
            )
            for trial in self._study.get_trials(states=(TrialState.RUNNING,)):
                self._study.tell(trial.number, state=TrialState.FAIL)
            is_whole = _are_of(self.ended, settings)
        except _UNREADABLE as error:
            raise PowrlError(
                f"the database {path} cannot be used; restore it, or begin the search anew."
            ) from error
        if not is_whole:
            raise PowrlError(
                f"the trials in the database {path} are not those of the search; restore it, or "
                "begin the search anew."
            )

    @property
    def ended(self) -> list[FrozenTrial]:
        """The trials that came to an end, in their order."""
        return self._study.get_trials(deepcopy=False, states=ENDED)

    @property
    def complete(self) -> list[FrozenTrial]:
        """Those that were not ended early, the best first."""
        trials = [trial for trial in self.ended if trial.state is TrialState.COMPLETE]
        return sorted(trials, key=lambda trial: -worth(trial))

    def run_next(self, objective: Objective) -> FrozenTrial:
        """Run the next trial; its outcome is kept before it is returned.

        Raises
        ------
        PowrlError
            A training failed for another reason than that it diverged.
        """
        number = len(self.ended)
        seeds = np.random.SeedSequence([self._settings.seed, number])
        sampler = optuna.samplers.TPESampler(seed=int(seeds.generate_state(1)[0]))
        self._study.sampler = sampler
        trial = self._study.ask(distributions_of(self._settings.space))
        trial.set_user_attr(_FOLDER, folder_name(number))

        def follow(index: int, survival: float) -> None:
            trial.report(survival, index)
            if trial.should_prune():
                raise optuna.TrialPruned("it was worse than the median of the others")

        try:
            value = objective(number, dict(trial.params), follow)
        except (optuna.TrialPruned, DivergedError) as error:
            trial.set_user_attr(_WHY, str(error))
            self._tell(trial, TrialState.PRUNED)
        except PowrlError:
            self._study.tell(trial, state=TrialState.FAIL)
            raise
        else:
            self._tell(trial, TrialState.COMPLETE, value)
        return self.ended[-1]

    def _tell(
        self, trial: optuna.trial.Trial, state: TrialState, value: float | None = None
    ) -> None:
        """Keep the outcome of a trial, with a digest by which an edited one is known."""
        running = self._study.get_trials(deepcopy=False)[trial.number]
        trial.set_user_attr(_DIGEST, _digest_of(running, value))
        self._study.tell(trial, value, state)


def _are_of(ended: Sequence[FrozenTrial], settings: TuningSettings) -> bool:
    """Whether trials that have ended are as `Study.run_next` writes them."""
    space = distributions_of(settings.space)
    return all(
        trial.user_attrs.get(_FOLDER) == folder_name(number)
        and trial.distributions == space
        and (why_ended(trial) or math.isfinite(worth(trial)))
        and (trial.state is TrialState.PRUNED) == bool(why_ended(trial))
        and trial.user_attrs.get(_DIGEST, "") in ("", _digest_of(trial, _value_of(trial)))
        for number, trial in enumerate(ended)
    )


def _digest_of(trial: FrozenTrial, value: float | None) -> str:
    """A digest of what was tried and what came of it; trials of an older powrl have none."""
    body = [trial.params, trial.intermediate_values, why_ended(trial), value]
    return digest_of_json(body)[:16]


def _value_of(trial: FrozenTrial) -> float | None:
    return None if why_ended(trial) else worth(trial)


def folder_name(number: int) -> str:
    """The name of a trial's folder.

    Examples
    --------
    >>> folder_name(3)
    'trial-003'
    """
    return f"trial-{number:03d}"


def folder_of(trial: FrozenTrial) -> str:
    """The name of the folder of a trial that has ended."""
    return str(trial.user_attrs[_FOLDER])


def why_ended(trial: FrozenTrial) -> str:
    """Why a trial ended early; empty where it did not."""
    return str(trial.user_attrs.get(_WHY, ""))


def worth(trial: FrozenTrial) -> float:
    """The value of a complete trial."""
    assert trial.value is not None
    return trial.value


def tuning_settings(configuration: Configuration) -> TuningSettings:
    """What a configuration says of its search; the defaults where it says nothing."""
    return configuration.tuning or TuningSettings()


def _pruner(settings: TuningSettings) -> BasePruner:
    if settings.pruner == "none":
        return NopPruner()
    return MedianPruner(n_startup_trials=5, n_warmup_steps=_WARM_UP)
