"""Configurations: what is read, what is refused, and how a refusal reads."""

import pytest
import yaml

from powrl.configuration.loading import load_configuration
from powrl.configuration.overrides import apply_override
from powrl.configuration.sections import Configuration
from powrl.configuration.training_section import TrainingSettings
from powrl.environments.opening import Scenarios, open_environment
from powrl.learning.environment import load_actions
from powrl.player.errors import ConfigurationError, PowrlError
from powrl.workspace.shipped import shipped_configurations

PARTS = TrainingSettings.__bases__
"""The subjects that the section on the training is made of."""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("environment: rte_case14_realistic\n")
    return path


def test_there_is_a_configuration_for_each_track():
    assert {"case14", "neurips_2020_track1", "wcci_2020"} <= set(shipped_configurations())


@pytest.mark.parametrize("name", sorted(shipped_configurations()))
def test_shipped_configurations_are_valid(name):
    configuration = load_configuration(name)
    assert Configuration.model_validate(yaml.safe_load(configuration.to_yaml())) == configuration


@pytest.mark.parametrize("name", sorted(shipped_configurations()))
def test_shipped_actions_are_for_the_environment(name):
    configuration = load_configuration(name)
    environment = open_environment(Scenarios(configuration.environment))
    assert len(load_actions(configuration, environment)) > 0
    environment.close()


def test_defaults_are_filled_in(path):
    assert load_configuration(path).training.gamma == 0.99


def test_overrides_replace_values(path):
    overrides = ["training.timesteps=12", "overload.safe_rho=0.5", "observation=[time, flow]"]
    configuration = load_configuration(path, overrides)
    assert configuration.training.timesteps == 12
    assert configuration.overload.safe_rho == 0.5
    assert configuration.observation == ("time", "flow")


def test_the_imitation_may_be_all(path):
    overrides = ["training.timesteps=0", "imitation.episodes=2"]
    assert load_configuration(path, overrides).training.timesteps == 0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.timestep=1", "training.timestep: unknown key, did you mean 'timesteps'?"),
        ("overload.critical=1", "overload.critical: unknown key"),
        ("training.lr=1", "training.lr: unknown key; give it as training.learning_rate"),
        ("net_arch=1", "net_arch: unknown key; give it as training.layers"),
        (
            "learning_rate=1",
            "unknown key; give it as imitation.learning_rate or training.learning_rate",
        ),
        ("training.layers=256,256", "'256,256' was given, allowed: a list in brackets"),
        ("environmnt=a", "environmnt: unknown key, did you mean 'environment'?"),
        ("training.timesteps=abc", "training.timesteps: 'abc' was given, allowed: input should be"),
        ("training.timesteps=1.5", "training.timesteps: 1.5 was given"),
        ("training.timesteps=0", "timesteps of 1 or more where imitation.episodes is 0"),
        (
            "training.timesteps=-3",
            "training.timesteps: -3 was given, .* or equal to 0",
        ),
        ("training.gamma=.nan", "training.gamma: nan was given"),
        ("training.layers=[64, 0]", "training.layers: .* each layer has 1 to 8192 units"),
        ("training.layers=[10000000]", "training.layers: .* each layer has 1 to 8192 units"),
        ("training.activation=gelu", "'gelu' was given, allowed: input should be 'relu' or 'tanh'"),
        ("overload.critical_rho=3", "overload.critical_rho: 3 was given, allowed is a line load"),
        ("overload.candidates=many", "overload.candidates: 'many' was given"),
        ("observation=[rho]", "observation: .* one or more of line_load, flow"),
        ("training=4", "training: 4 was given, allowed: keys with values"),
        ("tuning.space={training.seed: 4}", "space.training.seed: 4 was given, allowed: keys with"),
        ("tuning.space={training.seed: {low: 1}}", "space.training.seed.high: this key is missing"),
        (
            "tuning.space={training.seed: {choices: 5}}",
            "seed.choices: 5 was given, allowed: a list",
        ),
        ("tuning.space={training.seed: {choices: [1]}}", "allowed: a list of at least 2"),
        ("tuning.space={training.seed: {choices: [1, 2], low: 3}}", "seed.low: unknown key.$"),
        ("tuning.space={training.seed: {low: 3, high: 1}}", "seed: .* allowed: low is above high"),
        ("training.timesteps", "give it as key.path=value"),
        ("environment.name=x", "environment is a value and has no keys below it"),
        ("training.seed=[", "the value is no YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(path, override, message):
    with pytest.raises(PowrlError, match=message):
        load_configuration(path, [override])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty or no mapping"),
        ("- a\n", "is empty or no mapping"),
        ("a: [\n", "is no YAML"),
        ("observation: [time]\n", "environment: this key is missing"),
    ],
)
def test_what_is_no_configuration_is_refused(path, text, message):
    path.write_text(text)
    with pytest.raises(PowrlError, match=message):
        load_configuration(path)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("training.gone=1", "training.gone"),
        ("overload.gone=1", "overload.gone"),
        ("gone=1", "gone"),
    ],
)
def test_an_unknown_key_of_a_file_may_be_of_another_version(path, override, key):
    """One that the user has just given is not."""
    body = yaml.safe_load(path.read_text())
    with pytest.raises(PowrlError, match=f"{key}: unknown key") as caught:
        load_configuration(path, [override])
    assert "version" not in str(caught.value)
    apply_override(body, override)
    path.write_text(yaml.safe_dump(body))
    advice = "; where the configuration is of another version of powrl, take the key out.$"
    with pytest.raises(PowrlError, match=f"{key}: unknown key.*{advice}"):
        load_configuration(path, ["training.seed=3"])


def test_missing_configuration():
    with pytest.raises(PowrlError, match=r"no configuration nowhere: .* one of case14"):
        load_configuration("nowhere")


def test_actions_are_found_beside_the_configuration(path):
    configuration = load_configuration(path, ["actions=mine.json"])
    assert configuration.actions == str(path.parent / "mine.json")


@pytest.mark.parametrize("data", ["2020", "yes", "d #x", "@x", "[x", "~"])
def test_a_folder_may_have_any_name(path, data):
    assert load_configuration(path, data=data).scenarios.data == data


def test_splits_name_their_scenarios(path, tmp_path):
    split = "scenarios.validation={folder: val, names: '00.'}"
    configuration = load_configuration(path, [split], data=str(tmp_path))
    with pytest.raises(PowrlError, match="give the folder that holds val with --data DIR"):
        configuration.scenarios_of("validation")
    (tmp_path / "val").mkdir()
    scenarios = configuration.scenarios_of("validation")
    assert (scenarios.source, scenarios.names) == (str(tmp_path / "val"), "00.")


@pytest.mark.parametrize("data", ["null", "bundled"])
def test_scenarios_that_are_not_bundled_need_a_folder(path, data):
    overrides = ["scenarios.train={folder: april}", f"scenarios.data={data}"]
    with pytest.raises(PowrlError, match="give the folder that holds april with --data DIR"):
        load_configuration(path, overrides).scenarios_of("train")


def test_the_keys_of_the_training_stand_side_by_side():
    keys = list(TrainingSettings().model_dump())
    assert keys[0] == "algorithm"
    assert len(keys) == len(set(keys)) == sum(len(vars(part)["__annotations__"]) for part in PARTS)
    assert keys.index("attacked_lines") < keys.index("evaluation_attacked")


@pytest.mark.parametrize("attacks", [(), ("training.attacked_lines=[a]",)])
def test_evaluations_are_attacked_where_there_are_attacks(path, attacks):
    overrides = [*attacks, "training.evaluation_attacked=true"]
    if attacks:
        assert load_configuration(path, overrides).training.evaluation_attacked
        return
    with pytest.raises(PowrlError, match="evaluation_attacked: True was given, allowed: false, or"):
        load_configuration(path, overrides)


def test_it_names_its_folders_and_finds_them_elsewhere(path, tmp_path):
    home, place = tmp_path / "home", tmp_path / "elsewhere"
    for name in ("weeks_train", "weeks_val"):
        (home / name).mkdir(parents=True)
    (home / "plugins").mkdir()
    path.write_text(
        "environment: rte_case14_realistic\nactions: actions.json\nscenarios:\n"
        "  train: {folder: weeks_train}\n  validation: {folder: weeks_val}\n"
    )
    (tmp_path / "actions.json").touch()
    configuration = load_configuration(path, data=str(home)).with_plugins_in(home / "plugins")
    folders = {folder.path: folder.parts for folder in configuration.folders()}
    assert folders == {
        home / "plugins": (),
        tmp_path / "actions.json": (),
        home: ("weeks_train", "weeks_val"),
    }
    moved = configuration.relocated(
        {home / "plugins": place / "1", tmp_path / "actions.json": place / "2", home: place / "3"}
    )
    assert moved.plugin_folders() == (place / "1",)
    assert moved.actions == str(place / "2")
    assert moved.scenarios.data == str(place / "3")
    assert configuration.relocated({}) == configuration
    assert load_configuration("case14").folders() == []


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("environment=../elsewhere", "the name of an environment, and no path"),
        (f"training.seed=0x{'f' * 5000}", "is a whole number of more than 64 bits"),
        (f"environment=[{'x, ' * 5000}]", r"\['x', 'x', 'x', 'x', 'x', 'x', ...\] was given"),
        (f"environment={'[' * 5000}", "the value is no YAML"),
        ("training.seed=!!int ''", "the value is no YAML"),
    ],
)
def test_a_value_of_any_size_ends_in_a_short_sentence(override, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_configuration("case14", [override])
    assert len(str(caught.value)) < 400


def test_scenarios_may_have_the_names_of_dates():
    configuration = load_configuration("case14", ["scenarios.train.names=2050-02-30"])
    assert configuration.scenarios.train.names == "2050-02-30"
