"""Fly robots and drones on compact, interpretable liquid neural networks."""

__version__ = "0.2.0"
