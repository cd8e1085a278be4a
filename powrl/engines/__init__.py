"""Episodes on lightsim2grid's grid model: grid2op's `step` for topology agents, without grid2op."""
