"""What is read and written: records, JSON, YAML, pages, digests and temporary folders.

- ``digest``: digests of files: what a run was made from is known again, or known to have changed
- ``environment_digest``: digests of what scenarios are played from: their time series, and the grid
  that they share
- ``html_page``: an HTML page that needs no other file, from a template of one of powrl's rooms
- ``imported_sources``: the sources beside a module that it imports, found without running any of
  them
- ``json_file``: reading a JSON file, whose errors are one sentence
- ``locks``: locks of folders, on Linux and macOS; Windows opens no folder, so that none is locked
  there
- ``record_file``: records of a run in a file of JSON lines: each is there as soon as it is known
- ``temporary``: folders for foreign code to play in, which are gone afterwards
- ``text``: numbers as text, for tables, pages and messages
- ``whole_folder``: folders that are whole or not there
- ``yaml_file``: reading a YAML file that a user wrote
"""
