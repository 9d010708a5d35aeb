"""Errors whose message tells the user what to change."""


class UserError(Exception):
    """The commands of `ml` print its message without a traceback."""


class ConfigError(UserError):
    """A setting or an argument is missing or invalid."""


class TrainingError(UserError):
    """Training cannot continue."""
