"""Prices, tariffs and what else a site buys, sells and is paid for."""
