"""Files: records, JSON, YAML, digests and temporary folders.

- ``digest``: digests of files: what a run was made from is known again, or known to have changed
- ``imported_sources``: the sources beside a module that it imports, found without running any of
  them
- ``json_file``: reading a JSON file, whose errors are one sentence
- ``record_file``: records of a run in a file of JSON lines: each is there as soon as it is known
- ``temporary``: folders for foreign code to play in, which are gone afterwards
- ``yaml_file``: reading a YAML file that a user wrote
"""
