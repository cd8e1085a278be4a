"""Scoring agents with grid2op's own L2RPN score classes.

- `run`: scoring as a function, `score` and `resume`.
- `scoring_run`, `run_folder`: a scoring under way, and the files that it leaves.
- `request`, `fingerprint`, `seeds_file`: what a user asks for, and what a run began with.
- `contest`, `planning`, `contestants`: scenarios, seeds and agents, checked before any work.
- `play`, `worker_pool`, `worker`, `decisions_log`: episodes on several processes.
- `official`, `watched_agent`, `foreign_code`, `lean_runs`: one episode of one agent on grid2op.
- `references`, `stepped_references`: the runs that a score compares with, and their cache.
- `recording`, `results`, `scoring_result`: episodes step by step, scores and statistics.
- `report`, `terminal_table`, `picture`, `timeline`, `replay`: results for people.
- `grid2op_internals`: private parts of grid2op.
"""
