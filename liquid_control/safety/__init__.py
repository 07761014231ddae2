"""What keeps a command from being flown: faults, timeouts, limits and the gate."""
