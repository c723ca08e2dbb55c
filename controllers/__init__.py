"""Who decides: operators and, below them, everything that turns a decision into set-points."""
