"""The section of a configuration on ``powrl tune``: its trials, and what they search."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, JsonValue, Tag, field_validator, model_validator

from .section import Section


class Interval(Section):
    """Numbers to search; whole ones where both bounds are.

    Attributes
    ----------
    low, high:
        The bounds, which belong to it.
    log:
        Whether small and large numbers are alike likely.
    """

    low: int | float
    high: int | float
    log: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers alone."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @model_validator(mode="after")
    def _rising(self) -> Interval:
        if self.low > self.high:
            raise ValueError("low is above high")
        if self.log and self.low <= 0:
            raise ValueError("low has to be above 0 for log: true")
        return self


class Choices(Section):
    """Values to choose from.

    Attributes
    ----------
    choices:
        Two or more.
    """

    choices: tuple[JsonValue, ...] = Field(min_length=2)


def _kind(values: object) -> str:
    is_choices = isinstance(values, Choices) or (isinstance(values, dict) and "choices" in values)
    return Choices.__name__ if is_choices else Interval.__name__


SearchSpace = dict[
    str,
    Annotated[
        Annotated[Interval, Tag(Interval.__name__)] | Annotated[Choices, Tag(Choices.__name__)],
        Discriminator(_kind),
    ],
]
"""Key of the configuration, such as ``training.learning_rate`` -> what is searched."""

DEFAULT_SPACE: SearchSpace = {
    "training.learning_rate": Interval(low=3e-5, high=1e-3, log=True),
    "training.entropy_coefficient": Interval(low=3e-4, high=1e-2, log=True),
    "training.n_epochs": Interval(low=2, high=10),
    "training.layers": Choices(choices=([128, 128], [256, 256], [512, 512])),
    "training.activation": Choices(choices=("relu", "tanh")),
}


class TuningSettings(Section):
    """The search for good values of a configuration; each trial is a training.

    Attributes
    ----------
    trials:
        Trials in all.
    seed:
        Seed of the search.
    space:
        Key of the configuration -> the values to search.
    overrides:
        Key -> value, for all trials: mostly a shorter training, as ``training.timesteps: 8000``.
    pruner:
        ``median``: a training ends early that is worse than the median of the others at the same
        validation; ``none``: all trainings end as they would alone.

    Examples
    --------
    >>> TuningSettings(space={"training.n_epochs": {"low": 2, "high": 10}}).trials
    20
    """

    trials: int = Field(20, gt=0)
    seed: int = Field(0, ge=0, lt=2**31)
    space: SearchSpace = Field(default_factory=lambda: dict(DEFAULT_SPACE), min_length=1)
    overrides: dict[str, JsonValue] = Field(default_factory=dict)
    pruner: Literal["median", "none"] = "median"

    @field_validator("overrides")
    @classmethod
    def _not_searched(cls, overrides: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if any(key.split(".")[0] == "tuning" for key in overrides):
            raise ValueError("keys of the training, none of tuning itself")
        return overrides
