"""Turns one carrier into others: combined heat and power."""
