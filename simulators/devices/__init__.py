"""Device emulators: the control systems that stand before assets and plants, as SimPy processes (``twin.device``)."""
