"""The map of a grid: where everything is drawn, and how its state looks.

- ``geometry``: where a map shows substations and lines
- ``look``: colours, widths and marks, shared by pictures and pages
- ``picture``: the map as a picture of pixels
- ``places``: where the substations are drawn: where the grid's folder says, or where they fit
- ``snapshot``: the state of a grid that a map shows
"""
