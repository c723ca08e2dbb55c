"""Persons: leases on set-points, releases by hand."""
