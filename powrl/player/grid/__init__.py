"""A grid and an observation of it: names, positions, generators, and types of grid2op's objects.

- ``forecasts``: forecasts of the injections: where the time series have none, the present ones
  stand in
- ``generators``: the generators that can be redispatched
- ``grid``: the static part of a grid, in one place: names, numbers, positions, generators, areas
- ``grid2op_objects``: what is read of grid2op's objects, as protocols: grid2op itself has no
  types
- ``learned_forecast``: forecasts of the injections that learn, in an episode, how far those of the
  time series hold
- ``layout``: the layout of a grid: which element is connected to which substation, by name
- ``observation``: the observation: what an agent sees of a step, of grid2op or of the episode
  stepper
- ``positions``: where each element sits in grid2op's topology vector, by number
- ``reductions``: reductions of small arrays such as those of an observation, faster than numpy's
  own
- ``template``: the grid of an environment folder, as a submission's ``make_agent`` is given it
"""
