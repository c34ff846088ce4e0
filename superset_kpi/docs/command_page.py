"""docs/cli.md: what `--help` says of every command."""

from __future__ import annotations

import click

from superset_kpi.docs.markdown import anchor, code, page, table

PROGRAM = "superset-kpi"
WIDTH = 100

CODES = """\
Exit 0: done, or nothing found. Exit 1: findings, or a command that failed. Exit 2: usage
error. Messages go to stderr, results to stdout or `--output`. Where Superset is installed,
every command is also available as `superset kpi ...`; Superset prints lines of its own to stdout,
so use
`--output` there."""


def command_page(group: click.Group) -> str:
    """Returns the page of all commands, in the group's order."""
    parent = _context(group, PROGRAM, None)
    commands = [(name, group.commands[name]) for name in group.list_commands(parent)]
    rows = [
        (f"[`{name}`]({anchor(name)})", command.get_short_help_str(WIDTH))
        for name, command in commands
    ]
    sections = [
        f"## {name}\n\n{code('console', _help(command, _context(command, name, parent)))}"
        for name, command in commands
    ]
    overview = table(("command", "what it does"), rows)
    return page("# Command line", CODES, overview, code("console", _help(group, parent)), *sections)


def _help(command: click.Command, context: click.Context) -> str:
    return command.get_help(context)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
