"""The configuration of a training run.

- ``sections``: the whole, and its sections on scenarios.
- ``learning_sections``: the sections on reward, imitation and training.
- ``section``: their base.
- ``loading``: reading a file, or a shipped configuration by name.
- ``overrides``: ``--set key.path=value``.
- ``plugins``: the check of all that is named as ``module:name``.
- ``pydantic_errors``: one sentence for what is refused.
"""
