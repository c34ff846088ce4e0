"""The error that reads cleanly wherever a template is rendered. Imports Superset."""

from __future__ import annotations

from flask import has_request_context, request
from jinja2 import TemplateError
from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSyntaxErrorException


class MacroTemplateError(SupersetSyntaxErrorException):
    """A macro call that cannot become SQL; `str()` of it is the sentence alone.

    Charts, metrics, columns and dataset synchronisation catch the superclass and print `str()`
    of it; SQL Lab prints the messages of `errors`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            [
                SupersetError(
                    message=message,
                    error_type=SupersetErrorType.GENERIC_COMMAND_ERROR,
                    level=ErrorLevel.ERROR,
                )
            ]
        )
        self.message = message

    def __str__(self) -> str:
        return self.message


# What lists queries of SQL Lab renders each of them, to name its tables, and lets no other error
# pass than Jinja's own: one wrong call would leave its user without the list.
_LISTS = ("QueryRestApi", "SavedQueryRestApi")


def template_error(message: str) -> Exception:
    """Returns the error to raise in a template."""
    is_listed = has_request_context() and request.blueprint in _LISTS
    return TemplateError(message) if is_listed else MacroTemplateError(message)
