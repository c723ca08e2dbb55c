"""Scenario files: YAML → validated models, every error with file, line, column and a suggestion."""
