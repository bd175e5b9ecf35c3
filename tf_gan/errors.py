"""Errors whose message is for the user."""


class UserError(ValueError):
    """Something that the user gave cannot be used; the message says what was expected, what
    came and what to do. The binaries show it without a traceback.
    """


class WriteError(UserError, OSError):
    """A file cannot be written; the message names it and says why."""
