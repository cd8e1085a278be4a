"""The opponent of the training attacks the lines of the configuration."""

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

from powrl.configuration.loading import load_configuration
from powrl.errors import NotSupportedError, PowrlError
from powrl.learning import environment as environment_module
from powrl.learning import validation as validation_module
from powrl.learning.attacks import attacks_of, attacks_on
from powrl.learning.environment import PowRLEnvironment
from powrl.learning.validation import Validator
from powrl.player.policy.network import Policy
from tests.learning.test_training import configuration

LINES = ["1_3_3", "6_8_19"]


def attacked(environment: PowRLEnvironment) -> set[str]:
    """Names of the lines that are attacked in some episodes of doing nothing."""
    names = environment._engine.grid.name_line
    seen = set()
    for seed in range(4):
        episode = environment._engine.start("0000", seed)
        while not episode.done:
            episode.step()
            seen.update(str(names[line]) for line in episode.attacked)
    return seen


def test_no_lines_leave_the_environment_its_own_opponent():
    assert attacks_on(()) == {}


@pytest.mark.parametrize("evaluations", [False, True])
def test_the_lines_given_are_attacked_in_training_and_if_wanted_in_evaluations(evaluations):
    configured = configuration(
        f"training.attacked_lines={LINES}", f"training.evaluation_attacked={evaluations}"
    )
    for split, expected in (("train", LINES), ("validation", LINES if evaluations else [])):
        environment = PowRLEnvironment(
            configured.model_copy(update=_same_scenarios(configured)), split
        )
        assert attacked(environment) == set(expected)
        environment.close()


@pytest.fixture
def user_configuration(tmp_path):
    """A configuration with the file of an opponent beside it."""
    (tmp_path / "my_opponents.py").write_text(
        "class Alternating:\n    next = copy = print\nTHREE = 3\nclass Idle: pass\n"
    )
    path = tmp_path / "mine.yaml"
    path.write_text("environment: rte_case14_realistic\n")
    return path


OPPONENT = "training.opponent=my_opponents:Alternating"


@pytest.mark.parametrize("evaluations", [False, True])
def test_an_opponent_of_a_user_reaches_the_engine(user_configuration, monkeypatch, evaluations):
    class OpenedError(Exception):
        """Stands for the engine."""

    def opened(*_, **options):
        raise OpenedError(options.get("opponent"))

    settings = load_configuration(
        user_configuration, [OPPONENT, f"training.evaluation_attacked={evaluations}"]
    )
    expected = attacks_of(settings, "train")["opponent"]
    assert (expected.kind.__name__, expected.reference) == ("Alternating", OPPONENT[18:])
    assert attacks_of(settings, "test") == {}
    monkeypatch.setattr(environment_module, "open_engine", opened)
    monkeypatch.setattr(validation_module, "open_engine", opened)
    with pytest.raises(OpenedError) as training:
        PowRLEnvironment(settings)
    with pytest.raises(OpenedError) as evaluation:
        Validator(settings)
    assert training.value.args == (expected,)
    assert evaluation.value.args == (expected if evaluations else None,)


@pytest.mark.parametrize(
    ("override", "kind", "message"),
    [
        ("engine=grid2op", NotSupportedError, "training.opponent: the engine grid2op plays the"),
        ("training.attacked_lines=[a]", PowrlError, "none beside an opponent"),
        (
            "training.opponent=my_opponents:THREE",
            PowrlError,
            "my_opponents:THREE has to be a class",
        ),
        ("training.opponent=my_opponents:Idle", PowrlError, "Idle lacks the methods next, copy"),
    ],
)
def test_an_opponent_that_cannot_attack_is_refused(user_configuration, override, kind, message):
    with pytest.raises(kind, match=message):
        load_configuration(user_configuration, [OPPONENT, override])


def test_an_evaluation_plays_each_scenario_with_so_many_seeds_and_its_attacks():
    seeds = ("training.evaluation_seeds=2", "scenarios.validation.names='000[01]'")
    calm, attacked = (
        _evaluated(configuration(*seeds, f"training.attacked_lines={LINES}", more))
        for more in ("training.evaluation_attacked=false", "training.evaluation_attacked=true")
    )
    assert [episode.scenario for episode in calm] == ["0000", "0001"] * 2
    assert [episode.seed for episode in calm] == [0, 1, 2, 3]
    assert {episode.steps for episode in calm} == {575}
    assert min(episode.steps for episode in attacked) < 575


def _evaluated(configured):
    environment = PowRLEnvironment(configured)
    size, actions = environment.observation_space.shape[0], int(environment.action_space.n)
    environment.close()
    nothing = Policy(
        np.zeros(size),
        np.ones(size),
        10.0,
        "relu",
        (np.zeros((size, actions)),),
        (np.eye(actions)[0],),
    )
    validator = Validator(configured)
    played = validator(nothing).episodes
    validator.close()
    return played


def _same_scenarios(configured):
    """Validation on the scenarios of the training."""
    return {
        "scenarios": configured.scenarios.model_copy(
            update={"validation": configured.scenarios.train}
        )
    }
