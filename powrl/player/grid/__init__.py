"""Grids, environments and scenarios: what powrl knows of grid2op's data."""
