"""The errors that a user may meet. Every message names the place and the cure."""


class AppError(Exception):
    """Stop the work for a reason that may be shown to the user."""

    code = "error"


class InvalidInputError(AppError):
    """Refuse a value that came from outside."""

    code = "invalid_input"


class NotFoundError(AppError):
    """Say that a thing does not exist, or lies outside the scope: both look the same."""

    code = "not_found"


class TooLargeError(AppError):
    """Refuse an input whose size would harm the others."""

    code = "too_large"


class SettingsError(AppError):
    """Stop the start: a setting is wrong or missing."""

    code = "settings"


class UnavailableError(AppError):
    """Say that the database, a port or a folder is not to be had, or is of another form."""

    code = "unavailable"
