"""The episode stepper: grid2op's step on lightsim2grid's grid model."""
