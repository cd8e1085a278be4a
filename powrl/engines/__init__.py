"""Episodes on lightsim2grid's grid model: grid2op's `step` for topology agents, without grid2op.

- ``engine``: what plays episodes and evaluates candidates: grid2op, or the fast stepper in its
  place
- ``grid2op_engine``: the engine that is grid2op itself: any environment, any backend
- ``opening``: opening an engine on scenarios, by its name
- ``fast``: the episode stepper: grid2op's step on lightsim2grid's grid model
"""
