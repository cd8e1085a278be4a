"""The editions of the competition.

- ``editions``: which there are: environments, limits of time, and how each scored
"""
