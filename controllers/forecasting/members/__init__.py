"""Members of the combination, from the plainest to the networks; each behind :class:`..member.Member`."""
