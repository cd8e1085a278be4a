"""The configuration of a training run.

- ``sections``: the whole.
- ``scenario_sections``, ``learning_sections`` (reward and imitation), ``training_section``,
  ``tuning_section``: its parts; ``section`` is their base.
- ``loading``: reading a file, or a shipped configuration by name.
- ``overrides``: ``--set key.path=value``; ``quick``: those of ``--quick``.
- ``plugins``: the check of all that is named as ``module:name``.
- ``pydantic_errors``: one sentence for what is refused.
"""
