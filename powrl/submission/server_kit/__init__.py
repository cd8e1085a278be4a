"""The program that plays a submission in a process of its own, as a competition's server does.

A submission must not find powrl, and servers ran older packages. The kit therefore imports nothing
of powrl, and grid2op only inside functions, behind the import hook of its sandbox. It runs on
Python 3.8, grid2op 1.6 and without lightsim2grid.

- ``start``: the start and the end of the process
- ``sandbox``: the limits of the process: its imports, files, memory and signals
- ``play``: the stages of a check: opening the environment, importing the submission, playing
  episodes
- ``findings``: the findings of a check: its last stage, its episodes, and what went wrong
- ``manipulations``: what an agent changes besides the grid: its observation, the rules of the game,
  other code
"""
