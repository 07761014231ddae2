"""What a pilot took and what it decided, in one MCAP file that replays to the same commands."""
