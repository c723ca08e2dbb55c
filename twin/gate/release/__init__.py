"""Signed releases, and what may reach a device now."""
