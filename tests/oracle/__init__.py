"""Slow, plain oracles: what powrl computes fast, computed by grid2op itself, and compared.

An oracle uses nothing clever: it plays grid2op's own environments, ``observation.simulate`` and
score classes one at a time. Tests compare powrl with it on the grids that grid2op bundles;
`benchmarks.parity` and `benchmarks.references` do the same on whole data sets. Oracles import
powrl alone, nothing of benchmarks. `powrl.testing.comparison` compares one step on two engines.

- `courses`: environments made hard, played by the random player for many episodes
- `score_references`: the reference runs of grid2op's score classes, made by the classes themselves
"""
