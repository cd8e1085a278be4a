"""powrl: reinforcement learning with heuristic overload management for power grids (L2RPN)."""

import gymnasium

__version__ = "0.1.0"

gymnasium.register("powrl/PowRL-v0", entry_point="powrl.learning.environment:PowRLEnvironment")
