"""A small agent folder, for tests."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent_folder import (
    ACTIONS_FILE,
    AGENT_FILE,
    CARD_FILE,
    POLICY_FILE,
    AgentSettings,
)
from powrl.player.grid.layout import GridLayout
from powrl.player.policy.features import Features
from powrl.player.policy.network import Policy
from powrl.reduction.enumeration import unitary_topologies

N_ACTIONS = 12


def make_agent_folder(folder: Path, environment_name: str) -> Path:
    """Fill `folder` with an agent of random weights for an environment bundled with grid2op."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = open_environment(Scenarios(environment_name))
    settings = AgentSettings(environment_name, ("line_load", "topology", "cooldown"))
    n_features = Features(settings.observation).size(environment)
    layout = GridLayout.from_grid2op(environment)
    environment.close()
    actions = ActionSet(layout, unitary_topologies(layout).actions[:N_ACTIONS])
    (folder / AGENT_FILE).write_text(json.dumps(settings.to_json(), indent=1), encoding="utf-8")
    (folder / CARD_FILE).write_text("# A random agent for tests\n", encoding="utf-8")
    actions.save(folder / ACTIONS_FILE)
    random_policy(n_features, len(actions) + 1).save(folder / POLICY_FILE)
    return folder


def random_policy(n_features: int, n_actions: int) -> Policy:
    """A policy with one hidden layer; the same weights for the same sizes."""
    generator = np.random.default_rng(0)
    sizes = (n_features, 16, n_actions)
    return Policy(
        mean=np.zeros(n_features, dtype=np.float32),
        variance=np.ones(n_features, dtype=np.float32),
        clip=10.0,
        activation="relu",
        weights=tuple(generator.normal(size=size).astype(np.float32) for size in pairwise(sizes)),
        biases=tuple(np.zeros(size, dtype=np.float32) for size in sizes[1:]),
    )
