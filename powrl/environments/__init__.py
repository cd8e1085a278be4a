"""grid2op environments: opened by name or folder, with their backend and episodes."""
