"""Errors that a user can mend; the command line prints them as one line."""


class LiquidControlError(Exception):
    """Base of every error whose message says expected, found and what to do."""


class BundleError(LiquidControlError):
    """A policy file is damaged, foreign, or does not do what its card says."""


class ConfigError(LiquidControlError):
    """A configuration value or option is not one that can be used."""


class ImageError(LiquidControlError):
    """A camera message cannot be turned into the policy's image."""


class PolicyImportError(LiquidControlError):
    """A weight file of somebody else's policy cannot be turned into one of ours."""


class RecordingError(LiquidControlError):
    """A recording of a flight is damaged, foreign, or cannot be written."""
