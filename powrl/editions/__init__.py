"""The editions of the competition.

- ``editions``: which there are: environments, limits of time, and how each scored
- ``costs_2020``: the operation costs of 2020, as grid2op counted them before version 1.7
- ``stacks``: the packages that the competitions' servers had
"""
