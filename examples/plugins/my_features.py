"""A feature: a function of the observation that returns as many numbers at every step."""

import numpy as np

from powrl.player.grid.observation import Observation


def shares(observation: Observation) -> np.ndarray:
    """Return the share of each generator in the production, shape ``(n_gen,)``."""
    return np.asarray(observation.gen_p / max(float(observation.gen_p.sum()), 1.0))
