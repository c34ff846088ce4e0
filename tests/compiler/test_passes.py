"""Each pass by its examples: a statement, and what the pass makes of it, with the same rows.

In tests/compiler/<pass>.sql a pair has a sentence, the statement before and the statement after.
Lines `-- name = SQL` say what a statement has beside its text: `$name` an argument, `kpi__masked_n`
what is hidden, `displayed name`, `asked table.column`, and `rows` and `name` what is known of the
rows. DuckDB runs both: the canonical dialect is its own, with the primitives as macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES, dialect
from superset_kpi.macros import Macro
from superset_kpi.macros.compiler.compiler import PASSES, Pass
from superset_kpi.macros.compiler.fold import fold
from superset_kpi.macros.compiler.push_down import push_down
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.macros.compiler.statement import MASK, Statement
from superset_kpi.macros.fitted import models_select
from superset_kpi.macros.macro import Argument, Returned
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, changed, read_mappings
from superset_kpi.mapping.models import ModelsFile, as_models
from tests.test_architecture import MODULES, imports_of

FOLDER = Path(__file__).parent
DUCKDB = "duckdb"
MODELS = {
    "observation_start": "2026-01-01",
    "observation_end": "2026-09-30",
    "contracts": [{"renewals": {"model": "sbg", "parameters": {"alpha": 0.5, "beta": 2}}}],
}
_MACRO = re.compile(r"create macro (\w+)\(([^)]*)\) as (table\s)?(.*?);", re.DOTALL)
_SAID = re.compile(r"-- ([\w$ .]+?) = (.*)")


def folded(statement: Statement) -> Statement:
    """Folding by itself: `expand` and `specialize` do it to what they have changed."""
    return statement.each(lambda tree: fold(tree.copy()))


CHECKED: dict[str, Pass] = {"fold": folded, **{each.__name__: each for each in PASSES}}


@dataclass(frozen=True)
class Pair:
    """One example of a pass; each side is its SQL and what is said of it."""

    name: str
    title: str
    before: tuple[str, dict[str, str]]
    after: tuple[str, dict[str, str]]


def pairs(name: str) -> Iterator[Pair]:
    for block in (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip().split("\n\n"):
        title, _, rest = block.partition("\n")
        sides = []
        for text in rest.split(";\n"):
            lines = text.removesuffix(";").splitlines()
            said = dict(m.groups() for line in lines if (m := _SAID.match(line)))
            sides.append(("\n".join(line for line in lines if not line.startswith("-- ")), said))
        before, after = sides
        yield Pair(name, title.removeprefix("-- "), before, after)


ALL = [pair for name in CHECKED for pair in pairs(name)]


@lru_cache
def mapping() -> Mapping:
    models = as_models(ModelsFile.model_validate(MODELS))
    return changed(read_mappings(FOLDER / "kpi.yaml")["pairs"], models=models)


def find(name: str) -> Macro:
    """A macro of tables.sql, as ours: DuckDB names an argument without a dollar."""
    text = (FOLDER / "tables.sql").read_text(encoding="utf-8")
    found = {m[1]: m for m in _MACRO.finditer(text)}[name]
    arguments = [each.strip() for each in found[2].split(",")]
    tree = sqlglot.parse_one(found[4] if found[3] else f"select {found[4]}", read=DUCKDB)
    for column in list(tree.find_all(exp.Column)):
        if not column.table and column.name in arguments:
            column.replace(exp.Placeholder(this=column.name))
    return macro(name, tree if found[3] else tree.expressions[0].copy(), arguments)


def macro(name: str, body: exp.Expression, arguments: list[str]) -> Macro:
    kind = "relation" if isinstance(body, exp.Query) else "expression"
    args = {each: Argument(each, "expression", "", is_required=True) for each in arguments}
    names = body.named_selects if isinstance(body, exp.Query) else [""]
    returns = {each: Returned(each, "string", "") for each in names}
    nothing: MappingProxyType[str, Any] = MappingProxyType({})
    return Macro(
        name=name,
        area="pairs",
        kind=kind,
        summary="",
        grain=None,
        needs=nothing,
        uses=(),
        args=MappingProxyType(args),
        returns=MappingProxyType(returns),
        source="",
        example=nothing,
        is_internal=True,
        carries=None,
        check=nothing,
        body=body,
    )


def statement(text: str, said: dict[str, str]) -> Statement:
    """The statement that the text of one side stands for."""
    body = sqlglot.parse_one(text, read=DUCKDB)
    nodes = {name: sqlglot.parse_one(sql, read=DUCKDB) for name, sql in said.items()}
    arguments = {name[1:]: node for name, node in nodes.items() if name.startswith("$")}
    for node in arguments.values():
        node.meta["is_foreign"] = not isinstance(node, exp.Literal)
    made = Statement(body, mapping(), dialect(DUCKDB), find, macro("it", body, list(arguments)))
    shown = {n.split()[1]: sql for n, sql in said.items() if n.startswith("displayed ")}
    masked = tuple(node for name, node in nodes.items() if name.startswith(MASK))
    return replace(made, arguments=arguments, displayed=shown, masked=masked)


def prepared(pair: Pair) -> Statement:
    """The statement before a pass: of CTEs and a body, but for `expand`, which takes it apart."""
    made = statement(*pair.before)
    if pair.name == "expand":
        return made
    body = made.body.copy()
    with_ = body.args.get("with_")
    body.set("with_", None)
    ctes = {cte.alias: cte.this for cte in with_.expressions} if with_ else {}
    made = replace(made, body=body, ctes=ctes)
    return push_down(made) if pair.name in ("specialize", "map_sources") else made


def shown(made: Statement, name: str) -> tuple[str, dict[str, str]]:
    """A statement as a pair has it."""
    trees = {**made.sources, **made.ctes}
    ctes = ", ".join(f"{cte} as ({tree.sql(DUCKDB)})" for cte, tree in trees.items())
    text = f"with {ctes} {made.body.sql(DUCKDB)}" if trees else made.body.sql(DUCKDB)
    said: dict[str, str] = {}
    if name == "mask":
        said |= {f"${each}": node.sql(DUCKDB) for each, node in made.arguments.items()}
        said |= {f"{MASK}{n}": node.sql(DUCKDB) for n, node in enumerate(made.masked)}
    if name == "push_down":
        said |= {
            f"asked {table}.{column}": ", ".join(sorted(values))
            for table, columns in made.asked.items()
            for column, values in columns.items()
        }
    if name == "specialize":
        values = {column: value.sql(DUCKDB) for column, value in made.facts.values.items()}
        said |= {**values, **({} if made.facts.rows == "any" else {"rows": made.facts.rows})}
    return text, said


def normal(side: tuple[str, dict[str, str]]) -> tuple[str, dict[str, str]]:
    """The same whatever the case of keywords and functions, and the breaks of lines."""
    text, said = side
    tree = sqlglot.parse_one(text, read=DUCKDB)
    return tree.sql(DUCKDB), {name: value.lower() for name, value in said.items()}


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of the pairs, with a view for each logical one, and the primitives as macros."""
    with duckdb.connect() as opened:
        for name in PRIMITIVES:
            form = dialect(DUCKDB).primitives[name]
            arguments = ", ".join(dict.fromkeys(re.findall(r"_\d", form)))
            opened.execute(f"create macro {name}({arguments}) as {form}")
        tables = {
            table: mapped_select(table, each.columns, mapping(), dialect(DUCKDB))
            for table, each in LOGICAL_TABLES.items()
        }
        script = (FOLDER / "tables.sql").read_text(encoding="utf-8").split("create macro", 1)
        opened.execute(script[0])
        for table, tree in tables.items():
            opened.execute(f"create view kpi__{table} as {tree.sql(DUCKDB)}")
            opened.execute(f"create view {table} as from kpi__{table}")
        models = models_select("contract_models", mapping()).sql(DUCKDB)
        opened.execute(f"create view kpi__contract_models as {models}")
        opened.execute(f"create macro {script[1]}")
        yield opened


def rows(
    side: tuple[str, dict[str, str]], warehouse: duckdb.DuckDBPyConnection
) -> list[tuple[Any, ...]]:
    """What a side gives, with its types; arguments and what is hidden are in their places."""
    text, said = side

    def put(node: exp.Expression) -> exp.Expression:
        key = f"${node.name}" if isinstance(node, exp.Placeholder) else node.name
        is_hidden = isinstance(node, exp.Column) and key.startswith(MASK)
        if not is_hidden and not isinstance(node, exp.Placeholder):
            return node
        return sqlglot.parse_one(f"({said[key]})", read=DUCKDB)

    tree = sqlglot.parse_one(text, read=DUCKDB)
    while (put_in := tree.transform(put)) != tree:
        tree = put_in
    found = warehouse.execute(tree.sql(DUCKDB))
    types = [(name.lower(), str(kind)) for name, kind, *_ in found.description or []]
    return [*types, *sorted(found.fetchall(), key=repr)]


@pytest.mark.parametrize("pair", ALL, ids=[f"{p.name}: {p.title}" for p in ALL])
def test_a_pass_makes_of_a_statement_what_its_example_shows(pair: Pair) -> None:
    made = CHECKED[pair.name](prepared(pair))
    assert normal(shown(made, pair.name)) == normal(pair.after)


@pytest.mark.parametrize("pair", ALL, ids=[f"{p.name}: {p.title}" for p in ALL])
def test_the_rows_before_a_pass_are_those_after_it(
    pair: Pair, warehouse: duckdb.DuckDBPyConnection
) -> None:
    assert rows(pair.before, warehouse) == rows(pair.after, warehouse)


@pytest.mark.parametrize("pair", ALL, ids=[f"{p.name}: {p.title}" for p in ALL])
def test_a_pass_leaves_the_statement_that_it_is_given_as_it_was(pair: Pair) -> None:
    given = prepared(pair)
    before = [tree.copy() for tree in given.trees()]
    again = replace(given)
    CHECKED[pair.name](given)
    assert given.trees() == before
    assert given == again


@pytest.mark.parametrize("name", CHECKED)
def test_a_pass_has_examples(name: str) -> None:
    assert [pair for pair in ALL if pair.name == name]


FILES = {each.__name__: each.__module__ for each in PASSES}


@pytest.mark.parametrize("name", FILES)
def test_a_pass_has_a_file_of_its_name_that_knows_no_other_pass(name: str) -> None:
    assert FILES[name].rsplit(".", 1)[1] == name
    assert not imports_of(MODULES[FILES[name]]) & {*FILES.values()}
