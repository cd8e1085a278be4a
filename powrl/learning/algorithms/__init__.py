"""Learning algorithms, one file each.

- ``base``: the class that all of them fill, and that an algorithm of your own may fill.
- ``stable_baselines``: what the algorithms of stable-baselines3 share.
- ``arguments``: what a configuration sets of their classes.
- ``actor_critic``: what those with a policy and a value function share.
- ``maskable_ppo`` (the default), ``ppo``, ``a2c``: actors and critics.
- ``dqn``: the values of actions, with ``replay`` as its memory.
- ``making``: the algorithm of a configuration; ``guarded``: one of a user's own.
"""
