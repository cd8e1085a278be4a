"""Scoring agents with grid2op's own L2RPN score class."""
