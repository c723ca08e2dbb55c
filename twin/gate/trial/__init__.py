"""A schedule from a file, tried for a person."""
