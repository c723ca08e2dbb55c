"""Accounts: energy, heat and cold, green share, carbon, certificates and money as pure functions of a run."""

from twin.accounts.rules import Allocation, Origin, Rules, StockPrice
from twin.accounts.settle import Accounts, settle

__all__ = ["Accounts", "Allocation", "Origin", "Rules", "StockPrice", "settle"]
