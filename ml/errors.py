"""The errors that the person at the keyboard can mend."""


class UserError(Exception):
    """Shown as its text alone, without a traceback, by the commands of `ml`."""


class ConfigError(UserError):
    """A setting or an argument is missing or makes no sense."""


class TrainingError(UserError):
    """Training cannot go on."""
