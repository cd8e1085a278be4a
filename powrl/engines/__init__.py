"""Engines play episodes and evaluate candidates: grid2op itself, or a fast stepper in its place.

- ``engine``: what plays episodes and evaluates candidates: grid2op, or the fast stepper in its
  place
- ``grid2op_engine``: the engine that is grid2op itself: any environment, any backend
- ``opening``: opening an engine on scenarios, by its name
- ``fast``: the episode stepper: grid2op's step on lightsim2grid's grid model
"""
