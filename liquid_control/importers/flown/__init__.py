"""The Keras checkpoints of the drone that flew on liquid networks, read into policies."""
