"""Training of policies.

- ``training``: train, or go on with a training; ``requirements``: what is checked before.
- ``run_files``, ``initial_agent``, ``callbacks``: how a training begins, and what follows it.
- ``course``: rollouts, updates, checkpoints and validations in turns; ``curve``: its file.
- ``tuning``: the search for good settings, trial by trial.
- ``algorithms``: learning algorithms, one file each.
- ``environment``, ``reward``, ``attacks``: what is decided, rewarded and attacked;
  ``own_opponent``: by a class of a user's own; ``rendering``: what ``render`` draws.
- ``rollout``, ``exploration``, ``curriculum``: which episodes are played, and how.
- ``teacher``, ``lessons``, ``imitation``: what is learned from the search.
- ``normalisation``, ``returns``, ``networks``, ``export``: numbers between episodes and networks.
- ``checkpoint``, ``validation``, ``agent_folder``: what stays of a training; ``training_report``,
  ``curve_picture``: what is shown of it.
"""
