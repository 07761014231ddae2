"""Commands to the message of each autopilot, one small file each."""
