"""Topology actions: enumeration, the action set and its file."""
