"""grid2op environments: opened by name or folder, with their backend and episodes.

- ``backend``: the backend of all environments: lightsim2grid's, which reads each grid file once
- ``episodes``: starting an episode on grid2op, and telling how one ended
- ``folder_files``: the files of an environment folder: which of them grid2op cannot read, and why,
  in a sentence
- ``kept_scenarios``: scenarios that stay in memory once they were played
- ``oddities``: what grid2op plays without a word, and a user may not expect: gaps, and lines
  without limits
- ``packed_files``: packed time series: files that unpack to gigabytes are refused before grid2op
  reads them
- ``opening``: opening grid2op environments: bundled with grid2op, downloaded by it, or from a
  folder
"""
