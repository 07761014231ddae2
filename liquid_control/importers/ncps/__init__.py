"""Networks trained with the ncps package, read from their saved state into policies."""
