"""What has to be known of an environment's opponent to learn postures against it."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NotSupportedError
from ..player.grid.grid2op_objects import Environment
from ..player.grid2op_internals import attack_facts, opponent_space, weighted_attack_facts


@dataclass(frozen=True)
class WeightedOpponent:
    """An opponent that draws lines by their load (``grid2op.Opponent.WeightedRandomOpponent``).

    Attributes
    ----------
    lines:
        Names of the lines that it attacks.
    normalization:
        What the load of each is divided by.
    duration, pause:
        Steps that an attack lasts, and for which it keeps the opponent from others.
    """

    lines: tuple[str, ...]
    normalization: tuple[float, ...]
    duration: int
    pause: int

    @classmethod
    def from_environment(cls, environment: Environment) -> WeightedOpponent:
        """That of an environment which was just reset.

        Raises
        ------
        NotSupportedError
            The environment has another opponent.
        """
        from grid2op.Opponent import WeightedRandomOpponent

        space = opponent_space(environment)
        if type(space.opponent) is not WeightedRandomOpponent:
            raise NotSupportedError(
                f"the opponent of {environment.name} is {type(space.opponent).__name__}; postures "
                "are learned against WeightedRandomOpponent, which draws lines by their load."
            )
        names = [str(environment.name_line[line]) for line in attack_facts(space.opponent).lines]
        normalization, _ = weighted_attack_facts(space.opponent)
        return cls(
            tuple(names),
            tuple(float(value) for value in normalization),
            int(space.attack_max_duration),
            int(space.attack_cooldown),
        )
