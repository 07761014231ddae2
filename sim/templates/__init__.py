"""What ``liquid-control new`` copies: one kind a file, each of which works as it is."""
