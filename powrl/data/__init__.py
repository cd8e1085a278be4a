"""Scenarios: found, downloaded, split, generated and checked.

- ``check``: every file, row and unit of an environment folder that grid2op or powrl would stumble
  over
- ``chronix2grid``: Chronix2Grid in a virtual environment of its own, with the solver that it needs
- ``chronix2grid_processes``: processes of Chronix2Grid's virtual environment, one for each week
- ``download``: grid2op's own download of an environment with its scenarios
- ``folders``: environment folders: which there are, and what is in them
- ``generation``: weeks made with Chronix2Grid by an environment folder's own settings, one after
  another
- ``split``: scenarios split into folders to train on, to choose by, and to report
- ``tables``: tables of a scenario: read cell by cell, so that what is wrong is known with its place
- ``week_generator``: runs in Chronix2Grid's virtual environment: one week by an environment
  folder's own settings
"""
