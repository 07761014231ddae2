"""The `liquid-control` command."""
