"""Submission zips for L2RPN competitions: packaging an agent, and checking a zip."""
