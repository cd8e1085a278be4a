"""Search for good settings of a training, with Optuna.

- ``functions``: tune a configuration, or go on with a search
- ``space``: the search space of a configuration, as Optuna's distributions and as overrides
- ``study``: the trials: which come next, what they gave, and where that is kept
- ``trial``: a trial: a training in a folder of its own, which goes on where it was stopped
- ``report``: what a search leaves behind: a table, the best configuration, and a page
"""
