"""The release gate: what may reach a device, who says so, and the ledger that remembers it."""
