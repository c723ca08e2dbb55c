"""Speed, measured beside the peer in the same run; never a timed test."""
