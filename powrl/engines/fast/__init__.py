"""The episode stepper: grid2op's step on lightsim2grid's grid model.

- ``dispatch``: redispatching in an episode of the stepper: targets, and grid2op's own solver that
  fits them
- ``engine``: the fast engine: episodes on the grid model, candidates in sweeps
- ``episode``: one episode on the grid model: grid2op's ``Environment.step`` for topology and
  redispatching
- ``observation``: what an episode of the stepper shows, under the names that grid2op's
  observation has
- ``opponent``: opponents of the stepper: grid2op's own, with the same attacks from the same seed,
  or another
- ``scenario``: the time series of one episode as arrays, read from a grid2op environment
"""
