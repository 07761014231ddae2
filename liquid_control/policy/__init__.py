"""A policy on disk and in flight: one sealed file, its providers, its steps."""

from .runtime import Policy, Steps, Verification, load_policy, verify

__all__ = ["Policy", "Steps", "Verification", "load_policy", "verify"]
