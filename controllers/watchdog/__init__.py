"""The watchdog: brings assets to their safe state when something is wrong, until a person resets them."""
