"""Imitation learning: expert flights, behaviour cloning and DAgger."""
