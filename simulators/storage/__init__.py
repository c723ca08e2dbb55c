"""Stores: battery, flywheel."""
