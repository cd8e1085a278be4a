"""Files: records, YAML, digests and temporary folders."""
