"""card, docs, test, completion: what KPIs mean, a macro's cases, generated pages and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import FINDINGS, UsageFault, json_option, output_option

if TYPE_CHECKING:
    from superset_kpi.dashboards.cards import Card

_NO_TESTS = 5  # pytest's own status


@click.command(epilog="Example: superset-kpi card cx")
@click.argument("kpi", required=False)
@json_option
@output_option
def card(kpi: str | None, as_json: bool, output: Path | None) -> None:
    """Show what a KPI means and how to act on it.

    Without a name, lists the cards.
    """
    from superset_kpi.cli.output import article, json_text, table_text, write
    from superset_kpi.dashboards.cards import card_markdown, read_cards
    from superset_kpi.errors import nearest

    cards = read_cards()
    if kpi is not None and kpi not in cards:
        raise UsageFault(f"card: there is no card {kpi!r}. {nearest(kpi, cards)}")
    if kpi is not None:
        text = article(card_markdown(cards[kpi]))
        write(json_text(_card_record(kpi, cards[kpi])) if as_json else text, output)
    elif as_json:
        write(json_text([_card_record(*item) for item in cards.items()]), output)
    else:
        rows = [[key, card.title] for key, card in cards.items()]
        write(table_text(["card", "KPI"], rows), output)


def _card_record(key: str, card: Card) -> dict[str, Any]:
    return {"key": key, **card.model_dump()}


@click.command(epilog="Example: superset-kpi docs --check")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if stale.")
@click.option(
    "--warehouse",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(".demo/warehouse.duckdb"),
    show_default=True,
    help="Demo warehouse for the example rows; created if missing.",
)
@click.pass_context
def docs(context: click.Context, only_check: bool, warehouse: Path) -> None:
    """Write the generated pages of docs/.

    In a clone of the project: macros, evidence, dashboards, command line, cards,
    dialects, and the schema of mapping files.
    """
    from superset_kpi.cli.output import progress
    from superset_kpi.docs.pages import docs_folder, pages, stale
    from superset_kpi.files import write_whole

    folder = docs_folder()
    if folder is None:
        raise UsageFault("docs: this is not a clone of the project. Run it in one.")
    group = context.parent.command if context.parent else None
    assert isinstance(group, click.Group)
    wanted = pages(group, warehouse, progress)
    old = stale(folder, wanted)
    if not only_check:
        for name in old:
            write_whole(folder / name, wanted[name])
            click.echo(f"docs/{name}: written.")
        if not old:
            click.echo("docs: up to date.")
        return
    for difference in old.values():
        click.echo(difference, err=True)
    if old:
        click.echo("docs: stale. Write them with `superset-kpi docs`.", err=True)
        raise click.exceptions.Exit(FINDINGS)


@click.command(epilog="Example: superset-kpi test cx_by_segment")
@click.argument("name")
def test(name: str) -> None:
    """Run a macro's cases on DuckDB.

    In a clone of the project, for those who write macros.
    """
    import subprocess
    import sys

    from superset_kpi.docs.pages import docs_folder
    from superset_kpi.errors import nearest
    from superset_kpi.macros import library

    folder = docs_folder()
    if folder is None:
        raise UsageFault("test: this is not a clone of the project. Run it in one.")
    if name not in library():
        raise UsageFault(f"test: there is no macro {name!r}. {nearest(name, library())}")
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_macros.py", "--macro", name]
    status = subprocess.run(command, cwd=folder.parent, check=False).returncode
    if status == _NO_TESTS:
        raise UsageFault(f"test: {name} has no cases. Write tests/macros/{name}.yaml.")
    if status:
        raise click.exceptions.Exit(FINDINGS)


@click.command(epilog="Example: superset-kpi completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands and options in a shell.

    Bash 4.4 or later. Add it to what your shell reads when it starts, for fish
    ~/.config/fish/completions/superset-kpi.fish.
    """
    from click.shell_completion import get_completion_class

    found, group = get_completion_class(shell), click.get_current_context().parent
    assert found is not None  # click knows the three
    assert group is not None
    click.echo(found(group.command, {}, "superset-kpi", "_SUPERSET_KPI_COMPLETE").source())
