"""What was proposed, proved, released and done by hand: append only, hash-chained, signed."""
