"""A rule of a user's own takes part in decisions; what cannot be one is refused in a sentence."""

import logging

import numpy as np
import pytest

from powrl.player.errors import ConfigurationError, PowrlError
from tests.player.rules.situations import disconnect, legal_in_order, manager_of, split

IMPORTS = """
from dataclasses import dataclass, replace

from powrl.player.errors import NotSupportedError
from powrl.player.rules.rule import Phase, Rule, Unavailable
from powrl.player.rules.setting import COUNT, LINE_NAMES, LOAD, RuleSettings, SettingError, setting

"""

CAUTION = """
class Caution(Rule):
    name = "caution"
    phase = Phase.OVERLOAD

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        limit: float = setting(1.2, LOAD)
        number: int = setting(3, COUNT)
        is_used: bool = setting(True)
        lines: tuple = setting((), LINE_NAMES)

        @property
        def is_on(self):
            return self.is_used

    def apply(self, situation, decision):
        if situation.observation.rho.max() < self.settings.limit:
            return decision
        return replace(situation.nothing, rule=self.name)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


@pytest.fixture
def make(case14, folder):
    """A manager with rules of a file in the folder of plug-ins."""

    def make_manager(text, reference="rules:Caution", values=None, **settings):
        (folder / "rules.py").write_text(IMPORTS + text, encoding="utf-8")
        plugins = values if reference is None else {reference: values}
        return manager_of(case14, folders=[folder], **{**settings, **plugins})

    return make_manager


@pytest.fixture
def refusal(make):
    """The text that a plug-in is refused with."""

    def refused(text, reference="rules:Caution", values=None):
        with pytest.raises(PowrlError) as error:
            make(text, reference, values)
        message = str(error.value)
        assert "\n" not in message
        assert message.endswith(".")
        assert reference in message or "Caution" in message
        return error.value

    return refused


def names(manager):
    return [rule.name for rule in manager.rules]


def test_lines_that_a_rule_names_have_to_be_those_of_the_grid(make):
    assert make(CAUTION, values={"lines": ["0_1_0"]}).rules
    with pytest.raises(ConfigurationError, match="lines: the grid has no line '9_9_9'"):
        make(CAUTION, values={"lines": ["9_9_9"]})


def test_a_rule_in_a_file_takes_part_in_decisions(case14, make):
    observation = case14.get_obs()
    observation.rho[0] = 1.5
    manager = make(CAUTION)
    assert names(manager) == ["reconnection", "recovery", "remedy", "caution", "reclosing"]
    decision = manager.decide(observation, legal_in_order)
    assert decision.rule == "caution"
    assert decision.action.is_nothing
    assert make("", None, {}).decide(observation, legal_in_order).rule == "remedy"


def test_it_has_the_settings_that_are_given(case14, make):
    observation = case14.get_obs()
    observation.rho[0] = 1.5
    manager = make(CAUTION, values={"limit": 2, "number": 5})
    assert manager.decide(observation, legal_in_order).rule == "remedy"
    own = next(rule for rule in manager.rules if rule.name == "caution")
    assert (own.settings.limit, own.settings.number) == (2, 5)
    assert own.grid is manager.grid
    assert manager.settings.to_json() == {"rules:Caution": {"limit": 2, "number": 5}}


def test_one_that_is_off_has_no_part(make):
    assert "caution" not in names(make(CAUTION, values={"is_used": False}))


def test_one_that_cannot_be_had_is_logged_with_the_reason(make, caplog):
    caplog.set_level(logging.INFO)
    text = CAUTION + (
        "\n    @classmethod\n"
        "    def create(cls, grid, simulator, settings):\n"
        "        return Unavailable(f'{grid.n_sub} substations are too few')\n"
    )
    manager = make(text)
    assert names(manager) == ["reconnection", "recovery", "remedy", "reclosing"]
    assert "no caution: 14 substations are too few" in caplog.text


PHASES = """
class Seen(Rule):
    def apply(self, situation, decision):
        asked = (*getattr(situation, "asked", ()), self.name)
        situation.asked = asked
        return replace(decision, choice=" ".join(asked))
""" + "".join(
    f"""
class {phase.capitalize()}(Seen):
    name = "{phase}"
    phase = Phase.{phase.upper()}
"""
    for phase in ("calm", "overload", "always", "warning")
)


def test_each_is_asked_in_the_steps_of_its_phase(case14, make):
    reference = {f"rules:{phase}": {} for phase in ("Warning", "Always", "Overload", "Calm")}
    manager = make(PHASES, None, reference, reconnect=False)
    assert names(manager) == ["recovery", "calm", "remedy", "overload", "always", "warning"]
    observation = case14.get_obs()
    choices = {}
    for load in (0.5, 1.5):
        observation.rho[:] = load
        situation = manager.situation(observation, legal_in_order)
        decision = manager.decide_in(situation)
        choices[load] = decision.choice, manager.warn(situation, decision).choice
    assert choices == {
        0.5: ("calm always", "calm always warning"),
        1.5: ("overload always", "overload always warning"),
    }


def test_it_sees_the_decision_of_the_rules_before(case14, make):
    text = """
class After(Rule):
    name = "after"
    phase = Phase.CALM

    def apply(self, situation, decision):
        return replace(decision, rule=f"{decision.rule}, then after")
"""
    settings = {"critical_rho": 2.0, "recovery_rho": 2.0}
    manager = make(text, "rules:After", {}, **settings)
    observation = split(case14)
    decision = manager.decide(observation, legal_in_order)
    assert decision.rule == "recovery, then after"
    without = manager_of(case14, **settings).decide(observation, legal_in_order)
    np.testing.assert_array_equal(decision.action.set_bus, without.action.set_bus)
    observation = disconnect(case14, 5)
    assert manager.decide(observation, legal_in_order).rule == "reconnection, then after"


COUNTING = """
class Memory:
    steps = 0

class Counting(Rule):
    name = "counting"
    phase = Phase.ALWAYS

    def apply(self, situation, decision):
        memory = situation.memory.part(Memory)
        memory.steps += 1
        return replace(decision, rule=str(memory.steps))
"""


@pytest.mark.parametrize("is_told", [True, False])
def test_what_it_remembers_ends_with_the_episode(case14, make, is_told):
    manager, observation, rules = make(COUNTING, "rules:Counting", {}), case14.get_obs(), []
    for step in (0, 1, 2, 3 if is_told else 0, 4):
        if is_told and step == 3:
            manager.reset()
        observation.current_step = step
        rules.append(manager.decide(observation, legal_in_order).rule)
    assert rules == ["1", "2", "3", "1", "2"]


def test_what_it_simulates_is_known_to_the_rules_after_it(case14, make):
    """It simulates all that the remedy of the same step simulates again."""
    text = """
class First(Rule):
    name = "first"
    phase = Phase.WARNING

    def apply(self, situation, decision):
        again = situation.simulate([one.action for one in decision.candidates])
        assert all(a is b.outcome for a, b in zip(again, decision.candidates))
        return replace(decision, rule=f"{len(again)} known")
"""
    manager = make(text, "rules:First", {}, critical_rho=0.1, candidates=3, safe_rho=0.0)
    situation = manager.situation(case14.get_obs(), legal_in_order)
    assert manager.warn(situation, manager.decide_in(situation)).rule == "4 known"


@pytest.mark.parametrize(
    ("text", "reference", "message"),
    [
        ("", "missing:Caution", "there is no module 'missing'"),
        ("import missing_library", "rules:Caution", "imports 'missing_library', which is not"),
        ("1 / 0", "rules:Caution", "cannot be imported: ZeroDivisionError: division by zero"),
        ("class Caution(", "rules:Caution", "cannot be imported: SyntaxError"),
        ("raise SystemExit(0)", "rules:Caution", "cannot be imported: SystemExit: 0"),
        ("", "rules:Caution", "the module has no 'Caution'"),
        ("", "rules:3", "needs the form module:name"),
    ],
)
def test_one_that_cannot_be_imported_is_refused(refusal, text, reference, message):
    assert message in str(refusal(text, reference))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def Caution(*_): pass", "is no rule: give a subclass of powrl.Rule"),
        ("class Caution: pass", "is no rule: give a subclass of powrl.Rule"),
        ("Caution = 3", "is no rule: give a subclass of powrl.Rule"),
        ("Caution = Rule", "is no rule: give a subclass of powrl.Rule with `apply`"),
        (
            "class Caution(Rule):\n    name = 'a'\n    phase = Phase.CALM",
            "is no rule: give a subclass of powrl.Rule with `apply`",
        ),
        (CAUTION + "\nCaution = Caution(None, None, None)", "is no rule"),
        (CAUTION.replace('name = "caution"', ""), "needs a `name`, a text, and a `phase`"),
        (CAUTION.replace('name = "caution"', "name = 3"), "needs a `name`, a text"),
        (CAUTION.replace("phase = Phase.OVERLOAD", ""), "needs a `name`, a text, and a `phase`"),
        (CAUTION.replace("Phase.OVERLOAD", "'overload'"), "a `phase`, one of powrl.Phase"),
        (CAUTION.replace("(RuleSettings)", ""), "`Settings` that are a subclass of powrl.Rule"),
        (CAUTION + "\n    Settings = None", "`Settings` that are a subclass of powrl.Rule"),
        (CAUTION + "\n    Settings = {}", "`Settings` that are a subclass of powrl.RuleSettings"),
    ],
)
def test_what_is_no_rule_is_refused(refusal, text, reason):
    error = refusal(text)
    assert isinstance(error, ConfigurationError)
    assert reason in str(error)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"limti": 1.0}, "rules:Caution, limti: unknown key, did you mean 'limit'?"),
        (
            {"xyz": 1.0},
            "rules:Caution, xyz: unknown key; allowed are limit, number, is_used, lines.",
        ),
        ({"limit": 3.0}, "rules:Caution, limit: 3.0 was given, allowed is a line load above 0"),
        ({"limit": "high"}, "rules:Caution, limit: 'high' was given, allowed is a value like 1.2"),
        ({"number": 2.5}, "rules:Caution, number: 2.5 was given, allowed is a value like 3"),
        ({"is_used": 1}, "rules:Caution, is_used: 1 was given, allowed is a value like True"),
    ],
)
def test_an_impossible_setting_is_refused(refusal, values, message):
    error = refusal(CAUTION, values=values)
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(message)


def test_a_setting_of_a_rule_without_settings_is_refused(refusal):
    text = """
class Caution(Rule):
    name, phase = "caution", Phase.CALM

    def apply(self, situation, decision):
        return decision
"""
    assert "limit: unknown key" in str(refusal(text, values={"limit": 1.0}))


CREATE = CAUTION + "\n    @classmethod\n    def create(cls, grid, simulator, settings):\n        "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            CREATE + "raise ValueError('no luck')",
            "the rule Caution cannot be made: ValueError: no luck.",
        ),
        (CREATE + "1 / 0", "the rule Caution cannot be made: ZeroDivisionError: division by zero."),
        (
            CAUTION + "\n    def __init__(self):\n        pass",
            "the rule Caution cannot be made: TypeError: ",
        ),
    ],
)
def test_an_error_as_it_is_made_is_told(refusal, text, message):
    error = refusal(text)
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(message)


def test_what_does_not_fit_the_grid_is_told_in_its_own_words(refusal):
    text = CREATE + "raise NotSupportedError('Caution needs a grid of 36 substations.')"
    assert str(refusal(text)) == "Caution needs a grid of 36 substations."


def test_a_rule_that_is_not_made_at_all_is_refused(refusal):
    error = refusal(CREATE + "pass")
    assert isinstance(error, ConfigurationError)


@pytest.mark.parametrize(
    "text",
    [
        CAUTION.replace("limit: float = setting(1.2, LOAD)", "limit: float"),
        CAUTION.replace("limit: float = setting(1.2, LOAD)", "limit: float = setting('1', LOAD)"),
        CAUTION.replace(
            "        @property",
            "        def __post_init__(self):\n            1 / 0\n\n        @property",
        ),
        CAUTION.replace("return self.is_used", "return 1 / 0"),
    ],
    ids=["no default", "default of another type", "error of the settings", "error of is_on"],
)
def test_settings_that_cannot_be_made_are_refused(refusal, text):
    assert isinstance(refusal(text), ConfigurationError)


def test_two_names_of_one_rule_are_refused(make):
    plugins = {"rules:Caution": {"limit": 1.0}, "rules:Other": {"limit": 1.1}}
    with pytest.raises(ConfigurationError):
        make(CAUTION + "\nOther = Caution\n", None, plugins)


def test_a_rule_of_powrl_as_a_plugin_is_refused(make):
    with pytest.raises(ConfigurationError):
        make("", "powrl.player.rules.recovery:Recovery", {"recovery_rho": 0.5})
