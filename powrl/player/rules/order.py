"""The rules of the overload manager, in the order in which they are asked."""

from __future__ import annotations

from .alarm import OverloadAlarm
from .alert import LossAlert
from .plan import Plan
from .posture import Posture
from .preparation import Preparation
from .reclosing import Reclosing
from .reconnection import Reconnection
from .recovery import Recovery
from .redispatching import Redispatching
from .remedy import Remedy
from .reserve import Reserve
from .rule import Rule
from .security import Security
from .substations import Substations

RULES: tuple[type[Rule], ...] = (
    Reconnection,
    Posture,
    Recovery,
    Preparation,
    Remedy,
    Reserve,
    Substations,
    Security,
    Plan,
    Redispatching,
    Reclosing,
    OverloadAlarm,
    LossAlert,
)
"""A rule is added, or taken out, by its line here and its file.

It is that of PowRL (Chauhan et al., AAAI 2023): reconnect what can be reconnected; in a calm grid
recover the nominal topology; on an overload let the policy rank, simulate, and take what is safe or
least harmful. Postures, plans, redispatching, alarms and alerts are powrl's own.
"""


def in_order(plugins: list[type[Rule]]) -> list[type[Rule]]:
    """All rules with those of plug-ins: each follows the last rule of powrl with its phase."""
    rules = list(RULES)
    for plugin in plugins:
        places = [place for place, rule in enumerate(rules, 1) if rule.phase is plugin.phase]
        rules.insert(places[-1] if places else len(rules), plugin)
    return rules
