"""Dispatch rules as pure functions: from a view of the site and published prices to one decision per asset."""
