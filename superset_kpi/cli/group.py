"""The click group that turns our errors into one message and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from superset_kpi.errors import ArgumentError, KpiError, nearest

FINDINGS, USAGE = 1, 2

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class UsageFault(KpiError):
    """A usage error: exit 2."""


class Refusal(click.ClickException):
    """A message for stderr, as it is, and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the message without click's own `Error:` before it."""
        click.echo(self.message, file=file, err=file is None)


class KpiGroup(click.Group):
    """A group whose commands show no traceback, in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names in the order of use: first the mapping, last the documents."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns the command that is meant; for an unknown one the nearest is named."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            hint = nearest(args[0], self.commands)
            raise Refusal(
                f"{ctx.command_path}: there is no command {args[0]!r}. {hint}", USAGE
            ) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; an error becomes one message on stderr."""
        try:
            return super().invoke(ctx)
        except (ArgumentError, UsageFault) as error:
            raise Refusal(str(error), USAGE) from error
        except KpiError as error:
            raise Refusal(str(error), FINDINGS) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            raise Refusal(_unexpected(ctx, error), FINDINGS) from error


def _unexpected(ctx: click.Context, error: Exception) -> str:
    command = f"{ctx.command_path} {ctx.invoked_subcommand}"
    if isinstance(error, OSError) and error.strerror:
        what = (
            f"{str(error.filename)!r} cannot be used"
            if error.filename
            else "the output cannot be written"
        )
        return (
            f"{command}: {what} ({error.strerror}). "
            "Make room or correct its permissions, or name another place."
        )
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{command}: the Python package {error.name!r} is missing. "
            "Install what the command needs, for example pip install 'superset-kpi[demo]'."
        )
    first = (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")
    return (
        f"{command}: unexpected {type(error).__name__}: {first}. "
        f"Run `{ctx.command_path} --debug {ctx.invoked_subcommand} ...` for the traceback, and "
        "report it."
    )


def is_verbose() -> bool:
    """Returns whether --verbose stands before the command's name."""
    context = click.get_current_context(silent=True)
    while context is not None and not isinstance(context.command, KpiGroup):
        context = context.parent
    return bool(context and context.params.get("verbose"))


def mapping_option(function: Decorated) -> Decorated:
    """Adds --mapping FILE[:NAME]."""
    return click.option(
        "-m",
        "--mapping",
        metavar="FILE[:NAME]",
        help="Mapping file, and which of its mappings. [default: see superset-kpi --help]",
    )(function)


def output_option(function: Decorated) -> Decorated:
    """Adds --output FILE: Superset's own messages share stdout under `superset kpi`."""
    return click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write to a file instead of stdout.",
    )(function)


def json_option(function: Decorated) -> Decorated:
    """Adds --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def arguments_option(function: Decorated) -> Decorated:
    """Adds -o NAME=VALUE, as often as there are arguments."""
    return click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        metavar="NAME=VALUE",
        help="An argument of the macro; repeat for more. null means no value.",
    )(function)
