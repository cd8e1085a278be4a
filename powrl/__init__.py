"""powrl: reinforcement learning with heuristic overload management for power grids (L2RPN)."""

__version__ = "0.1.0"
