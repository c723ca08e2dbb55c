"""Sites, networks, tariffs and scenarios as YAML. No Python but this file, which makes the folder package data."""
