"""Scenario → mosaik World: components are built, wired by port names and carriers, grouped into stages and stepped."""
