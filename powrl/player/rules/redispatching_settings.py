"""The settings of redispatching: when generators are moved, and how far."""

from __future__ import annotations

from dataclasses import dataclass

from .setting import (
    AMOUNT,
    COUNT,
    LINE_NAMES,
    LOAD,
    NUMBERS,
    POSITIVE,
    SHARE,
    Allowed,
    RuleSettings,
    SettingError,
    is_number,
    setting,
)

FOUR_NUMBERS = Allowed(
    lambda row: isinstance(row, (list, tuple)) and len(row) == 4 and all(map(is_number, row)),
    "lists of four numbers",
)

CHANCE = Allowed(lambda value: is_number(value) and 0 <= value < 0.5, "from 0 to below 0.5")


@dataclass(frozen=True)
class RedispatchingSettings(RuleSettings):
    """When generators are moved, and how far.

    Attributes
    ----------
    contingencies:
        Names of the lines whose loss is prepared for: those that the opponent attacks.
    attack_pause:
        Steps for which an attack keeps the opponent from others (``opponent_attack_cooldown`` of
        the environment, where it is longer than an attack). Nothing is prevented while no attack
        may come; 0: one may come at any time.
    attack_normalization:
        What the opponent divides the load of each of the `contingencies` by before it draws one
        (``rho_normalization`` of ``WeightedRandomOpponent``); empty: nothing.
    attack_values:
        What attacks come to (`powrl.player.rules.attack_value`): four numbers for each of the
        `contingencies`; empty: half of those end the episode whose correction leaves 1.05.
    load_growth:
        By how much the load grows, at most, while an attack lasts: a factor for each part of the
        day, all equally long; empty: it stays.
    postures:
        Actions, by their numbers in the action set from 0, of which one may be held in a calm grid:
        that with which the next attack is least likely to end the episode.
    posture_additions:
        Numbers of the actions whose splits may be held on top of a posture.
    posture_every:
        Steps between two looks at the postures.
    posture_rho:
        Line load up to which a posture may be held.
    redispatch:
        Whether generators are moved, ahead of the contingencies and on overloads.
    correct_actions:
        Actions, one a step, that may correct a loss after it has come. What they correct is not
        prevented; 0: all losses are prevented.
    correct_every:
        Steps after which all corrections of a loss are simulated again.
    redispatch_every:
        Steps between two plans of the generators while the grid is calm.
    redispatch_goal:
        Line load up to which a plan brings the grid as it is.
    redispatch_limit:
        Line load up to which a plan brings the grid with each of the contingencies, and with
        planned maintenance. Where `correct_actions` is 2, a second action is looked for unless the
        best single one leaves 0.15 less.
    redispatch_weight:
        Cost of a load of 1 beyond `redispatch_limit` after all contingencies together, against 1
        of each MW held.
    redispatch_chance:
        With it each of the contingencies has a limit of its own in place of `redispatch_limit`: the
        load with which its loss ends the episode with this chance (`attack_values`), 0.9 at least.
        `redispatch_weight` is then the cost of a chance of 1. 0: one limit holds for all.
    redispatch_maintenance:
        In a calm grid, planned maintenance that begins within this number of steps is prepared for
        like a loss of its lines, at the whole of `redispatch_weight`; 0: none is.
    redispatch_held_steps:
        Steps of its ramp by which a generator may be held away from the time series.
    redispatch_spare_steps:
        Steps of its ramp that a generator keeps between its production and its limits.
    redispatch_reserve:
        What the generators together keep able to move up and down in one step (MW).
    redispatch_candidates:
        Number of the best topologies that a program is made for on an overload. The one that
        leaves least is played; 1: the one that the rules before it chose.
    exposed:
        Names of lines that opponents attack by their load, and whose loss nothing answers. Their
        load is kept low in a calm grid while their loss would overload the grid.
    exposed_weight:
        Cost of a load of 1 of each of them, against 1 of each MW held.
    storage:
        Whether plans use storage units, too.
    curtail:
        Whether plans curtail renewable generators, too.
    storage_cost, curtailment_cost:
        Cost of each MW stored or curtailed, against 1 of each MW that a generator is held.
        Generators balance both, which costs as well.
    storage_level:
        Share of its capacity to which a storage unit is charged in a calm grid.
    """

    contingencies: tuple[str, ...] = setting((), LINE_NAMES)
    attack_pause: int = setting(0, AMOUNT)
    attack_normalization: tuple[float, ...] = setting((), POSITIVE)
    attack_values: tuple[tuple[float, ...], ...] = setting((), FOUR_NUMBERS)
    load_growth: tuple[float, ...] = setting((), POSITIVE)
    postures: tuple[int, ...] = setting((), NUMBERS)
    posture_additions: tuple[int, ...] = setting((), NUMBERS)
    posture_every: int = setting(12, COUNT)
    posture_rho: float = setting(0.9, LOAD)
    redispatch: bool = setting(False)
    correct_actions: int = setting(0, Allowed(lambda value: 0 <= value <= 2, "0, 1 or 2"))
    correct_every: int = setting(24, COUNT)
    redispatch_every: int = setting(6, COUNT)
    redispatch_goal: float = setting(0.9, LOAD)
    redispatch_limit: float = setting(0.98, LOAD)
    redispatch_weight: float = setting(5000.0, AMOUNT)
    redispatch_chance: float = setting(0.0, CHANCE)
    redispatch_maintenance: int = setting(0, AMOUNT)
    redispatch_held_steps: int = setting(48, COUNT)
    redispatch_spare_steps: int = setting(12, AMOUNT)
    redispatch_reserve: float = setting(25.0, AMOUNT)
    redispatch_candidates: int = setting(1, COUNT)
    exposed: tuple[str, ...] = setting((), LINE_NAMES)
    exposed_weight: float = setting(2000.0, AMOUNT)
    storage: bool = setting(False)
    curtail: bool = setting(False)
    storage_cost: float = setting(0.1, AMOUNT)
    curtailment_cost: float = setting(1.0, AMOUNT)
    storage_level: float = setting(0.5, SHARE)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "attack_values", tuple(map(tuple, self.attack_values)))
        for key in ("attack_normalization", "attack_values"):
            values = getattr(self, key)
            if len(values) not in (0, len(self.contingencies)):
                raise SettingError(key, values, "one for each of the contingencies, or none")

    @property
    def is_on(self) -> bool:
        """Whether the rule has a part in decisions."""
        return self.redispatch
