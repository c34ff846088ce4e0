"""The error that reads cleanly wherever a template is rendered. Imports Superset."""

from __future__ import annotations

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
