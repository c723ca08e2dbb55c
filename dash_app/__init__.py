"""Room of the live viewer: it reads the run store and the ledger, nothing else."""
