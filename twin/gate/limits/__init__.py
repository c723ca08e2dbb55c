"""Limits of a site, and the verdict on what a replay or the plant has shown."""
