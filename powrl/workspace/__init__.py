"""What lies beside the code: run folders, the cache, shipped agents and configurations."""
