"""Repair of rejected schedules."""
