"""The episode stepper: grid2op's step on lightsim2grid's grid model.

- ``attack_ages``: steps since the last attack on each line that alerts are raised for
- ``engine``: the fast engine: episodes on the grid model, candidates in sweeps
- ``episode``: one episode on the grid model: what grid2op's ``Environment.step`` does
- ``observation``: what an episode of the stepper shows, under the names that grid2op's
  observation has
- ``opponent``: opponents of the stepper: grid2op's own, with the same attacks from the same seed,
  or another
- ``scenario``: the time series of one episode as arrays, read from a grid2op environment
- ``series_solver``: power flows of successive steps on one topology: lightsim2grid's
  ``TimeSeriesCPP``
- ``steps_ahead``: the loads of the next steps, solved in one call while nothing happens
"""
