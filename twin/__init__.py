"""The framework: scenario language, component contract, co-simulation, run store, accounts and report.

It knows contracts, not devices: components are found through the entry-point group ``parktwin.components``.
"""

__version__ = "0.1.0"
