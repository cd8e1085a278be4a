"""What the documentation is made with, beside its pages in ``docs/``.

- ``hooks``: called by mkdocs; puts generated parts into pages
- ``command_line``, ``configuration``, ``features``, ``schema``: the generated parts, from the code
- ``docstrings``: what a docstring says of each attribute
- ``tutorials``: the blocks of a page that are run, and running them
- ``prose``: the sentences of a page
- ``picture``: the moving picture of the README
"""
