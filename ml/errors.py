"""The faults that the person at the keyboard can mend."""


class UserError(Exception):
    """Shown as its text alone, without a traceback, by the commands of `ml`."""
