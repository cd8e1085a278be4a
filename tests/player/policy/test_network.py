"""The policy's file is checked, and its ranking is that of its network."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from powrl.player.errors import PowrlError
from powrl.player.policy.network import Policy

SIZES = (5, 8, 6, 4)


def make_policy(activation: str = "relu") -> Policy:
    generator = np.random.default_rng(1)
    return Policy(
        mean=generator.normal(size=SIZES[0]),
        variance=generator.uniform(0.5, 2, size=SIZES[0]),
        clip=10.0,
        activation=activation,
        weights=tuple(generator.normal(size=s).astype(np.float32) for s in pairwise(SIZES)),
        biases=tuple(generator.normal(size=s).astype(np.float32) for s in SIZES[1:]),
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "policy.npz"


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_logits_are_those_of_the_formula(activation):
    policy = make_policy(activation)
    features = np.arange(5.0)
    act = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}[activation]
    x = (features - policy.mean) / np.sqrt(policy.variance + 1e-8)
    (w0, w1, w2), (b0, b1, b2) = policy.weights, policy.biases
    expected = act(act(x @ w0 + b0) @ w1 + b1) @ w2 + b2
    np.testing.assert_allclose(policy.logits(features), expected, rtol=1e-5, atol=1e-5)


def test_normalised_features_are_clipped():
    normalised = make_policy().normalise(np.array([1e6, -1e6, 0, 0, 0]))
    assert normalised[:2].tolist() == [10, -10]


@given(
    arrays(np.float32, 5, elements=st.floats(-1e3, 1e3, width=32)),
    arrays(np.bool_, 4),
)
def test_ranking_holds_the_allowed_actions_by_falling_logit(features, allowed):
    policy = make_policy()
    ranked = policy.rank(features, allowed)
    assert sorted(ranked) == np.flatnonzero(allowed).tolist()
    assert np.all(np.diff(policy.logits(features)[ranked]) <= 0)


def test_round_trip(path):
    policy = make_policy()
    policy.save(path)
    loaded = Policy.load(path)
    features = np.arange(5.0)
    np.testing.assert_array_equal(loaded.logits(features), policy.logits(features))
    assert (loaded.n_features, loaded.n_actions) == (5, 4)


def test_missing_file(path):
    with pytest.raises(PowrlError, match="there is no policy"):
        Policy.load(path)


@given(share=st.floats(0, 0.99))
def test_a_truncated_file_is_refused(tmp_path_factory, share):
    path = tmp_path_factory.mktemp("policy") / "policy.npz"
    make_policy().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(PowrlError, match="is damaged or no npz file"):
        Policy.load(path)


@given(position=st.integers(0, 1000), value=st.integers(1, 255))
def test_a_changed_byte_is_refused_or_harmless(tmp_path_factory, position, value):
    path = tmp_path_factory.mktemp("policy") / "policy.npz"
    make_policy().save(path)
    changed = bytearray(path.read_bytes())
    changed[position % len(changed)] ^= value
    path.write_bytes(bytes(changed))
    try:
        policy = Policy.load(path)
    except PowrlError:
        return
    assert np.isfinite(policy.logits(np.zeros(policy.n_features))).all()


def test_a_pickle_is_refused(path):
    np.savez(path, format=np.array([{"a": 1}], dtype=object))
    with pytest.raises(PowrlError, match="is damaged or no npz file"):
        Policy.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight_1": None}, "one weight and one bias"),
        ({"mean": None}, "lacks the array 'mean'"),
        ({"extra": np.zeros(2)}, "one weight and one bias"),
        ({"format": np.array("x")}, "has the format 'x'"),
        ({"activation": np.array("gelu")}, "has the activation 'gelu'"),
        ({"weight_0": np.full((5, 8), np.nan)}, "not a finite number in 'weight_0'"),
        ({"mean": np.full(5, np.inf)}, "not a finite number in 'mean'"),
        ({"bias_2": np.array(["a"] * 4)}, "not a finite number in 'bias_2'"),
        ({"weight_1": np.zeros((7, 6))}, "'weight_1' that does not fit"),
        ({"variance": np.zeros(3)}, "a mean and a variance that do not fit"),
        ({"clip": np.array(-1.0)}, "no positive clip"),
    ],
)
def test_a_wrong_array_is_named(path, change, message):
    content = {**make_policy().to_arrays(), **change}
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
    with pytest.raises(PowrlError, match=message):
        Policy.load(path)
