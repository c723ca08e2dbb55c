"""Rules of the real-time layer: pure functions over plain data, one module per concept."""
