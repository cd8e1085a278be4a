"""Reduction of the action space: stressed states, and the actions that relieve them."""
