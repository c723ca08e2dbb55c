"""The shadow twin: the same scenario in other Worlds, in processes of their own."""
