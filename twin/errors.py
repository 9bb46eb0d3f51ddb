"""Errors a user of `twin` can meet.

Every message names what was wrong, where, the value found, the rule it breaks and the way out.
All of them derive from `TwinError`, so that one ``except`` catches what the library refuses.
"""


class TwinError(Exception):
    """Base of every error that `twin` raises on purpose."""


class InputError(TwinError, ValueError):
    """An argument, option or forcing value is impossible or out of range."""


class DataError(TwinError, ValueError):
    """A file or record cannot be used as what it claims to be."""


class LimitError(TwinError):
    """A request exceeds a limit of `twin.limits`; the message names the limit and how to raise it."""


class MissingDataError(TwinError, LookupError):
    """Something the question needs is not in the city; the message says what and which source would hold it."""


class ConvergenceError(TwinError, RuntimeError):
    """A solver stopped before it reached what was asked of it."""
