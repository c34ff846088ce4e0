"""The command line: what it prints, what it refuses with which words, and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from superset_kpi import demo
from superset_kpi.cli import superset_group
from superset_kpi.macros import library
from superset_kpi.mapping import read_mappings

REPOSITORY = Path(__file__).resolve().parent.parent
DEMO_MAPPING = Path(demo.__file__).with_name("kpi.yaml")
HEAVY = {
    "superset",
    "pandas",
    "numpy",
    "scipy",
    "sqlglot",
    "pydantic",
    "sqlalchemy",
    "rich",
    "yaml",
}
COMMANDS = sorted(superset_group.commands)


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)
    monkeypatch.delenv("KPI_DEMO_WAREHOUSE", raising=False)

    def invoke(*arguments: str | Path, **more: Any) -> Result:
        result = CliRunner().invoke(superset_group, list(map(str, arguments)), **more)
        return Result(result.exit_code, result.stdout, result.stderr)

    return invoke


@pytest.fixture
def telecom(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> str:
    """--mapping of the demo's telecom."""
    monkeypatch.setenv("KPI_DEMO_WAREHOUSE", str(demo_warehouse))
    return f"{DEMO_MAPPING}:telecom"


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small mapping file; its warehouse is `shop.duckdb` beside it."""

    def write(url: str | None = None, dialect: str = "duckdb", amount: str = "total") -> Path:
        warehouse = tmp_path / "shop.duckdb"
        if not warehouse.exists():
            with duckdb.connect(str(warehouse)) as connection:
                connection.execute(
                    "create table orders as select 1 as id, 7 as buyer, "
                    "timestamp '2026-09-01 10:00:00' as sold_at, 12.5 as total, 'it''s' as note"
                )
        url = f"duckdb:///{warehouse}" if url is None else url
        path = tmp_path / "kpi.yaml"
        path.write_text(
            "shop:\n"
            "  database: Shop\n" + (f"  url: {url}\n" if url else "") + f"  dialect: {dialect}\n"
            "  as_of: 2026-09-30\n"
            "  tables:\n"
            "    transactions:\n"
            "      table: orders\n"
            "      columns: {transaction_id: id, customer_id: buyer, occurred_at: sold_at, "
            f"amount: {amount}}}\n"
        )
        return path

    return write


def test_the_group_is_imported_with_nothing_heavy() -> None:
    """Flask imports it with every `superset` command."""
    code = (
        "import sys, superset_kpi.cli\n"
        f"print(sorted({HEAVY!r} & {{name.split('.')[0] for name in sys.modules}}))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_help_is_printed_with_nothing_heavy() -> None:
    code = (
        "import sys, superset_kpi.cli as cli\n"
        "from click.testing import CliRunner\n"
        f"for name in {[[], *([name] for name in COMMANDS)]!r}:\n"
        "    result = CliRunner().invoke(cli.superset_group, [*name, '--help'])\n"
        "    assert result.exit_code == 0, result.output\n"
        f"print(sorted({HEAVY!r} & {{name.split('.')[0] for name in sys.modules}}))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_entry_points_of_the_project_exist() -> None:
    import importlib

    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("superset-kpi", "kpi"):
        line = next(x for x in text.splitlines() if x.startswith(f'{name} = "superset_kpi'))
        module, attribute = line.split('"')[1].split(":")
        assert callable(getattr(importlib.import_module(module), attribute))
    assert superset_group.name == "kpi"


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "superset_kpi", "--version"], capture_output=True, text=True
    )
    assert done.stdout.startswith("superset-kpi, version ")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_ends_with_an_example_of_the_command(command: str, run: Run) -> None:
    epilog = superset_group.commands[command].epilog or ""
    assert epilog.startswith(f"Example: superset-kpi {command}")
    assert "".join(run(command, "--help").out.split()).endswith("".join(epilog.split()))


def test_superset_normalises_names_and_the_commands_bear_it(run: Run) -> None:
    """`superset` hands down a function that turns _ in names into -."""
    context = {"token_normalize_func": lambda token: token.replace("_", "-")}
    result = CliRunner().invoke(superset_group, ["check_mapping", "--help"], **context)
    assert result.exit_code == 0


def test_a_closed_pipe_is_no_error(telecom: str) -> None:
    command = f"{sys.executable} -m superset_kpi macros --json | head -c 10"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("[\n  {\n    ", "")


# Macros and their SQL


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_macros(shell: str, run: Run) -> None:
    script = run("completion", shell).out
    assert "_SUPERSET_KPI_COMPLETE" in script
    words = {"bash": "superset-kpi render cx_by_", "zsh": "superset-kpi render cx_by_"}
    asked = {"COMP_WORDS": words.get(shell, "superset-kpi render"), "COMP_CWORD": "2"}
    asked |= {"COMP_CWORD": "cx_by_"} if shell == "fish" else {}
    asked["_SUPERSET_KPI_COMPLETE"] = f"{shell}_complete"
    done = subprocess.run(
        [sys.executable, "-m", "superset_kpi"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cx_by_segment" in done.stdout
    assert "cpv_by_segment" not in done.stdout


def test_macros_lists_every_public_macro(run: Run, shop: Callable[..., Path]) -> None:
    shown = json.loads(run("macros", "--json").out)
    assert {m["name"] for m in shown} == {m.name for m in library().values() if not m.is_internal}
    (band,) = [m for m in shown if m["name"] == "cx_band"]
    assert band["arguments"]["rounding"]["choices"] == ["none", "integer"]
    assert "cx_band" in run("macros").out
    listed = run("macros", "--all", "-m", shop()).out.splitlines()
    assert max(map(len, listed)) <= 100
    assert {m.name for m in library().values()} <= {
        word for line in listed for word in line.split()
    }
    assert "segment_scores" not in run("macros").out
    assert "segment_scores" in run("macros", "--all").out


def test_macros_says_what_switches_a_macro_off(run: Run, shop: Callable[..., Path]) -> None:
    shown = json.loads(run("macros", "--json", "--mapping", shop()).out)
    lacking = {m["name"]: m["not_mapped"] for m in shown}
    assert lacking["cx_by_segment"] == ["customers", "ratings"]
    assert lacking["clv_by_segment"] == []
    text = run("macros", "-m", shop()).out
    line = next(x for x in text.splitlines() if " cx_by_segment " in x)
    assert line.endswith("customers, ratings")
    assert max(map(len, text.splitlines())) <= 100


def test_render_prints_the_sql_of_a_relation(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("render", "customer_summary", "-o", "observation_end=2026-09-30")
    assert result.code == 0
    assert result.out.startswith("WITH kpi__transactions AS (SELECT")
    assert result.out.count("\n") == 1


def test_render_prints_an_expression_bare(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("render", "cx_band", "-o", "score=avg(s)", "-o", "good_from=71.5")
    assert result.out.startswith("CASE WHEN AVG(s) IS NULL THEN NULL")
    assert "71.5e0" in result.out


def test_render_writes_a_file(run: Run, shop: Callable[..., Path], tmp_path: Path) -> None:
    shop()
    assert run("render", "customer_summary", "--pretty", "--output", "x.sql").out == ""
    assert len((tmp_path / "x.sql").read_text().splitlines()) > 20


def test_render_translates_the_mapping_for_another_engine(
    run: Run, shop: Callable[..., Path]
) -> None:
    shop(amount="try_cast(note as double)")
    own = run("render", "customer_summary").out
    other = run("render", "customer_summary", "--dialect", "postgresql").out
    assert "TRY_CAST(note AS DOUBLE)" in own
    assert "TRY_CAST" not in other
    assert "DOUBLE PRECISION" in other


@pytest.mark.parametrize(
    "text",
    ["Region' or 1 = 1 --", "a; drop table orders", "/* x */ y", "it's", '"a" # b', "2024", "no"],
)
def test_a_text_is_a_literal_whatever_is_in_it(
    text: str, run: Run, shop: Callable[..., Path]
) -> None:
    shop()
    result = run("render", "clv_by_segment", "-o", f"scheme={text}")
    assert result.code == 0
    assert "'" + text.replace("'", "''") + "'" in result.out


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("schema=x", "clv_by_segment: there is no argument 'schema'. Did you mean 'scheme'?"),
        (
            "scheme",
            "clv_by_segment: 'scheme' is not an argument. Write -o NAME=VALUE, for example "
            "-o scheme=...",
        ),
        (
            "scheme=back\\slash",
            "clv_by_segment: scheme is 'back\\\\slash' and must be a text of at most 500 "
            "characters without \\ or line breaks. Correct the value.",
        ),
        ("basis=margins", "clv_by_segment: basis is 'margins'. Did you mean 'margin'?"),
        (
            "max_years=many",
            "clv_by_segment: max_years is 'many' and must be a number. Correct the value.",
        ),
        (
            "max_years=0",
            "clv_by_segment: max_years is 0 and must be at least 0.1 and at most 100. "
            "Correct the value.",
        ),
        (
            "min_base=2.5",
            "clv_by_segment: min_base is 2.5 and must be a whole number. Correct the value.",
        ),
        (
            "as_of=2026-02-30",
            "clv_by_segment: as_of is '2026-02-30' and must be a date such as 2026-09-30, "
            "`today` or `yesterday`. Correct the value.",
        ),
    ],
)
def test_an_argument_that_cannot_be_is_refused(
    option: str, message: str, run: Run, shop: Callable[..., Path]
) -> None:
    shop()
    result = run("render", "clv_by_segment", "-o", option)
    assert (result.code, result.out, result.err) == (2, "", f"{message}\n")


def test_an_argument_given_twice_is_refused(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("render", "clv_by_segment", "-o", "scheme=a", "-o", "scheme=b")
    assert result == Result(2, "", "clv_by_segment: 'scheme' is given twice. Give it once.\n")


def test_an_expression_that_is_more_than_one_is_refused(
    run: Run, shop: Callable[..., Path]
) -> None:
    shop()
    for value, problem in (
        ("(select 1)", "contains a subquery"),
        ("1; drop table x", "is not one expression"),
        ("1, 2", "is not one expression"),
        ("pg_read_file('x')", "contains pg_read_file()"),
    ):
        result = run("render", "cx_band", "-o", f"score={value}")
        assert result.code == 2
        assert result.err == (
            f"cx_band: score is {value!r} and {problem}. Write one expression of columns, numbers, "
            "texts, operators, case, cast, aggregates and usual functions of numbers, texts and "
            "dates, without comments.\n"
        )


def test_null_stands_for_no_value(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    assert run("render", "clv_by_segment", "-o", "scheme=null") == run("render", "clv_by_segment")
    quoted = run("render", "clv_by_segment", "-o", "scheme='null'")
    assert "'null'" in quoted.out


def test_an_unknown_macro_is_refused_with_the_nearest(run: Run) -> None:
    result = run("render", "cx_bands")
    assert result == Result(2, "", "cx_bands: there is no such macro. Did you mean 'cx_band'?\n")


def test_an_unknown_engine_is_refused(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("render", "customer_summary", "--dialect", "postgres")
    assert result == Result(
        2,
        "",
        "dialect: 'postgres' is not an engine that the macros are written for. "
        "Did you mean 'postgresql'?\n",
    )


def test_a_macro_whose_tables_are_not_mapped_is_refused(
    run: Run, shop: Callable[..., Path]
) -> None:
    shop()
    result = run("render", "cx_by_segment")
    assert result.code == 1
    assert result.err == (
        "cx_by_segment: the mapping 'shop' does not map customers, ratings. "
        "Map what is missing, then call it again.\n"
    )


def test_an_unknown_command_is_refused_with_the_nearest(run: Run) -> None:
    assert run("plam") == Result(2, "", "kpi: there is no command 'plam'. Did you mean 'plan'?\n")


def test_of_many_names_that_are_not_near_ten_are_shown(run: Run) -> None:
    result = run("render", "customer_journey_overview")
    assert result.err.startswith(
        "customer_journey_overview: there is no such macro. The nearest 10"
    )
    names = result.err.rstrip(".\n").partition(" are: ")[2].split(", ")
    assert len(names) == 10
    assert "journey_funnel" in names


# Which mapping


def test_without_a_mapping_file_it_says_how_to_get_one(run: Run) -> None:
    result = run("render", "clv_by_segment")
    assert result == Result(
        2,
        "",
        "mapping: there is no kpi.yaml here. Name a file with --mapping or SUPERSET_KPI_MAPPING, "
        "or write one with `superset-kpi init`.\n",
    )


def test_a_mapping_file_that_is_not_there_is_refused(run: Run) -> None:
    result = run("check", "--mapping", "else.yaml")
    assert result == Result(
        2,
        "",
        "mapping: there is no file 'else.yaml'. Name an existing mapping file, or write one with "
        "`superset-kpi init`.\n",
    )


def test_a_mapping_file_of_a_similar_name_is_offered(
    run: Run, shop: Callable[..., Path], tmp_path: Path
) -> None:
    shop()
    assert run("check", "-m", "kpy.yaml").err == (
        "mapping: there is no file 'kpy.yaml'. Did you mean 'kpi.yaml'?\n"
    )
    assert run("check", "-m", f"{tmp_path}/kpi.yml:shop").err == (
        f"mapping: there is no file '{tmp_path}/kpi.yml'. Did you mean '{tmp_path}/kpi.yaml'?\n"
    )
    assert run("check", "-m", "shop").err == (
        "mapping: there is no file 'shop'. For the mapping of that name write kpi.yaml:shop.\n"
    )


def test_of_several_mappings_one_must_be_named(run: Run) -> None:
    result = run("render", "clv_by_segment", "--mapping", DEMO_MAPPING)
    assert result == Result(
        2,
        "",
        "mapping: the file holds 3 mappings (telecom, retail, cdnow). Name one of them, for "
        "example `FILE:telecom`.\n",
    )


def test_a_mapping_that_is_not_in_the_file_is_refused(run: Run) -> None:
    result = run("render", "clv_by_segment", "--mapping", f"{DEMO_MAPPING}:telekom")
    assert result == Result(
        2, "", "mapping: there is no mapping 'telekom'. Did you mean 'telecom'?\n"
    )


def test_the_environment_names_the_mapping(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERSET_KPI_MAPPING", f"{DEMO_MAPPING}:retail")
    assert "retail.invoices" in run("render", "customer_summary").out


def test_a_kpi_yaml_that_is_passed_over_for_another_file_is_named_once(
    run: Run, shop: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop()
    other = tmp_path / "other.yaml"
    other.write_text((tmp_path / "kpi.yaml").read_text())
    monkeypatch.setenv("SUPERSET_KPI_MAPPING", f"{other}:shop")
    assert run("query", "customer_summary").err == (
        f"mapping: {other} is used, as SUPERSET_KPI_MAPPING says, not the kpi.yaml here. To "
        "use that one, give --mapping kpi.yaml.\n"
    )
    assert run("query", "customer_summary", "--mapping", "kpi.yaml").err == ""
    monkeypatch.setenv("SUPERSET_KPI_MAPPING", str(tmp_path / "kpi.yaml"))
    assert run("query", "customer_summary").err == ""


def test_a_faulty_mapping_file_is_a_finding_with_all_its_faults(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kpi.yaml").write_text(
        "shop:\n  database: Shop\n  dialect: duckdb\n  tabels: {}\n  tables:\n"
        "    transactions:\n      table: orders\n      columns: {transaction_id: id}\n"
    )
    result = run("render", "clv_by_segment")
    assert result.code == 1
    needs = "kpi.yaml:8 shop.tables.transactions.columns: transactions needs the column"
    assert result.err.splitlines() == [
        "kpi.yaml:4 shop.tabels: unknown key 'tabels'. Did you mean 'tables'?",
        f"{needs} 'customer_id'. Map it to a column or an expression.",
        f"{needs} 'occurred_at'. Map it to a column or an expression.",
        f"{needs} 'amount'. Map it to a column or an expression.",
    ]


# Queries


def test_query_prints_a_table_for_reading(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("query", "customer_summary", "--columns", "customer_id,purchases,revenue")
    lines = result.out.splitlines()
    assert lines[0].split() == ["customer_id", "purchases", "revenue"]
    assert lines[2].split() == ["7", "1", "12.5"]
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("text", ["=1+1", "+1 234", "-a", "@x", "\tx", "=HYPERLINK('u')", "--5"])
def test_csv_holds_no_formula_of_what_somebody_wrote(text: str) -> None:
    from superset_kpi.cli.output import csv_text

    rows = list(csv.reader(io.StringIO(csv_text(["comment"], [[text]]), newline="")))
    assert rows == [["comment"], [f"'{text}"]]


@pytest.mark.parametrize(
    "value", [-5, -2.5, "-5", "+1.5e-3", "-1,234.5", "12 = 12", "a@b", "", None]
)
def test_csv_holds_numbers_and_other_texts_as_they_are(value: Any) -> None:
    from superset_kpi.cli.output import csv_text

    rows = list(csv.reader(io.StringIO(csv_text(["a", "b"], [[value, 1]]))))
    assert rows[1] == ["" if value is None else str(value), "1"]


def test_query_prints_json_and_csv_unrounded(run: Run, telecom: str) -> None:
    arguments = ("query", "cx_by_segment", "-m", telecom, "-o", "scheme=Region")
    records = json.loads(run(*arguments, "--json").out)
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "--csv").out)))
    assert len(records) == len(rows) == 48
    assert [r["segment"] for r in records] == sorted(r["segment"] for r in records)
    (newest,) = [r for r in records if r["segment"] == "East" and r["period_age"] == 0]
    assert newest["period_start"] == "2026-07-01"
    assert len(str(newest["ci_low"])) > 10
    assert {row["cx"] for row in rows} == {str(r["cx"]) for r in records}


def test_query_shows_some_rows_and_says_so(run: Run, telecom: str) -> None:
    result = run("query", "cx_by_segment", "-m", telecom, "--limit", 3)
    assert len(result.out.splitlines()) == 5
    assert result.err == "cx_by_segment: the first 3 rows. Use --limit 0 for all.\n"


def test_query_calculates_without_a_table(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    options = ("-o", "apv=40", "-o", "purchase_frequency=6", "-o", "margin=0.3", "-o", "churn=0.25")
    (record,) = json.loads(run("query", "clv", *options, "--json").out)
    assert list(record.values()) == [pytest.approx(288, rel=1e-12)]


def test_query_refuses_json_and_csv_together(run: Run) -> None:
    result = run("query", "clv", "--json", "--csv")
    assert result == Result(2, "", "query: --csv and --json are both given. Give one of them.\n")


def test_query_refuses_a_column_that_is_not_there(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    result = run("query", "customer_summary", "--columns", "customer")
    assert result.code == 2
    assert result.err == ("columns: there is no column 'customer'. Did you mean 'customer_id'?\n")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("cx_by_segment scheme=Regoin", "scheme 'Regoin'. Did you mean 'Region'?"),
        ("cx_by_segment scheme=region", "scheme 'region'. Did you mean 'Region'?"),
        (
            "two_segment_test metric=experience scheme=Region segment=Nord",
            "segment 'Nord'. Did you mean 'North'?",
        ),
        (
            "two_segment_test metric=experience scheme=Region segment=North other_segment=Wets",
            "segment 'Wets'. Did you mean 'West'?",
        ),
    ],
)
def test_a_name_that_the_warehouse_lacks_is_refused_with_the_nearest(
    run: Run, telecom: str, call: str, message: str
) -> None:
    name, *options = call.split()
    given = [part for option in options for part in ("-o", option)]
    result = run("query", name, "-m", telecom, *given)
    assert result == Result(2, "", f"{name}: there is no {message}\n")


def test_a_known_name_without_rows_is_no_fault(run: Run, telecom: str) -> None:
    arguments = ("query", "cx_by_segment", "-m", telecom, "-o", "scheme=Region")
    result = run(*arguments, "-o", "as_of=1999-01-01", "--csv")
    assert (result.code, result.err, result.out.count("\n")) == (0, "", 1)


def test_query_needs_a_url(run: Run, shop: Callable[..., Path]) -> None:
    shop(url="")
    result = run("query", "clv_by_segment")
    assert result == Result(
        1,
        "",
        "shop: the mapping has no url, which the command line needs. "
        "Add `url:` with a SQLAlchemy URL.\n",
    )


def test_query_needs_the_variables_of_the_url(run: Run) -> None:
    result = run("query", "clv_by_segment", "-m", f"{DEMO_MAPPING}:retail")
    assert result == Result(
        1,
        "",
        "retail: the url needs the environment variable KPI_DEMO_WAREHOUSE, which is not set. "
        "Set it, for example `export KPI_DEMO_WAREHOUSE=...`.\n",
    )


def test_query_refuses_a_url_of_another_engine(run: Run, shop: Callable[..., Path]) -> None:
    shop(dialect="postgresql")
    result = run("query", "clv_by_segment")
    assert result == Result(
        1,
        "",
        "shop: the url is for duckdb and the dialect is 'postgresql'. "
        "Make both name the same engine.\n",
    )


def test_query_makes_no_file_where_the_warehouse_is_missing(
    run: Run, shop: Callable[..., Path], tmp_path: Path
) -> None:
    shop(url=f"duckdb:///{tmp_path}/gone.duckdb")
    result = run("query", "clv_by_segment")
    assert result == Result(
        1, "", f"shop: there is no file {tmp_path}/gone.duckdb. Correct the url.\n"
    )
    assert not (tmp_path / "gone.duckdb").exists()


def test_query_shows_what_the_warehouse_refuses(run: Run, shop: Callable[..., Path]) -> None:
    shop(amount="totals")
    result = run("query", "customer_summary")
    assert result.code == 1
    assert result.err.startswith(
        "customer_summary: the warehouse refused the statement (Binder Error: "
    )
    assert result.err.endswith("Check the mapping with `superset-kpi check-mapping`.\n")
    assert result.err.count("\n") == 1


# The mapping file


def test_init_writes_a_mapping_that_holds(run: Run, tmp_path: Path) -> None:
    result = run("init")
    assert (result.code, result.err) == (0, "")
    assert list(read_mappings(tmp_path / "kpi.yaml")) == ["shop"]
    checked = run("check-mapping")
    assert (checked.code, checked.out) == (
        0,
        "shop: 4 tables mapped; the file is valid. Add a url to check the warehouse too.\n",
    )


def test_init_never_overwrites(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kpi.yaml").write_text("mine")
    result = run("init")
    assert result == Result(
        2,
        "",
        "init: 'kpi.yaml' already exists and is left as it is. "
        "Name another file, or delete this one.\n",
    )
    assert (tmp_path / "kpi.yaml").read_text() == "mine"


def test_init_says_where_it_cannot_write(run: Run) -> None:
    result = run("init", "no/such/folder/kpi.yaml")
    assert result == Result(
        2,
        "",
        "output: 'no/such/folder/kpi.yaml' cannot be written (No such file or directory). "
        "Name another file.\n",
    )


def test_check_mapping_finds_nothing_in_the_demo(run: Run, telecom: str) -> None:
    result = run("check-mapping", "--mapping", DEMO_MAPPING)
    assert (result.code, result.err) == (0, "")
    assert "telecom: 18 tables mapped; file and warehouse agree." in result.out.splitlines()
    shown = run("check-mapping", "--mapping", DEMO_MAPPING, "--no-profile").out.splitlines()
    assert [line.partition(":")[0] for line in shown] == ["telecom", "retail", "cdnow"]
    assert all(line.endswith("; file and warehouse agree.") for line in shown)


def test_check_mapping_profiles_each_column(run: Run, shop: Callable[..., Path]) -> None:
    shop()
    lines = run("check-mapping").out.splitlines()
    assert lines[0] == "shop"
    assert lines[1].split() == "table column rows null distinct first last misfits".split()
    assert lines[3].split() == ["transactions", "transaction_id", "1", "0.0%", "1", *"–––"]
    assert lines[5].split() == ("transactions occurred_at 1 0.0% – 2026-09-01 2026-09-01 0".split())
    assert lines[-1] == "shop: 1 tables mapped; file and warehouse agree."
    record = json.loads(run("check-mapping", "--json").out)
    assert record["profile"][2] == {
        "mapping": "shop",
        "where": "transactions",
        "column": "occurred_at",
        "rows": 1,
        "null_share": 0.0,
        "distinct": None,
        "first": "2026-09-01",
        "last": "2026-09-01",
        "unread": 0,
        "is_cut": False,
    }
    assert run("check-mapping", "--no-profile").out == f"{lines[-1]}\n"
    assert json.loads(run("check-mapping", "--no-profile", "--json").out)["profile"] == []


def test_check_mapping_reads_a_million_rows_at_most(
    run: Run, shop: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("superset_kpi.warehouse.scan.MOST_ROWS", 2)
    shop()
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "insert into orders select i, o.* exclude (id) from orders as o, range(5) r(i)"
        )
    assert run("check-mapping").out.splitlines()[3].split()[2] == "2+"


def test_check_mapping_finds_a_column_that_the_warehouse_lacks(
    run: Run, shop: Callable[..., Path]
) -> None:
    shop(amount="totals")
    result = run("check-mapping", "--json")
    (finding,) = json.loads(result.out)["findings"]
    assert result.code == 1
    assert finding.startswith("shop.tables.transactions.columns.amount: 'totals' cannot be read (")
    assert finding.endswith("Did you mean 'total'?")


def test_check_mapping_prints_the_faults_of_the_file_as_findings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kpi.yaml").write_text("shop: {database: S, dialect: duckdb, tables: {orders: {}}}")
    result = run("check-mapping")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("kpi.yaml:1 shop.tables.orders: unknown name 'orders'. ")


def test_check_mapping_finds_a_warehouse_that_is_not_there(
    run: Run, shop: Callable[..., Path], tmp_path: Path
) -> None:
    shop(url=f"duckdb:///{tmp_path}/gone.duckdb")
    result = run("check-mapping")
    assert (result.code, result.err) == (1, "")
    assert result.out.splitlines() == [
        f"shop: there is no file {tmp_path}/gone.duckdb. Correct the url.",
        "shop: 1 tables mapped; 1 findings in the warehouse.",
    ]


def test_the_schema_accepts_the_mappings_that_are_shipped(run: Run) -> None:
    import jsonschema
    import yaml

    schema = json.loads(run("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in (DEMO_MAPPING, REPOSITORY / "superset_kpi/cli/starter.yaml"):
        values = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
        names = {error.json_path for error in validator_errors(schema, values)}
        assert not [n for n in names if n.count(".") < 2], names


def validator_errors(schema: Any, values: Any) -> list[Any]:
    import jsonschema

    return [
        error
        for error in jsonschema.Draft202012Validator(schema).iter_errors(values)
        if error.validator in ("additionalProperties", "required")
    ]


# Checks


def test_check_fails_by_severity(run: Run, telecom: str) -> None:
    codes = [run("check", "-m", telecom, "--fail-on", s).code for s in ("warning", "info")]
    assert codes == [0, 1]


def test_check_shows_rows_and_what_to_do(run: Run, telecom: str) -> None:
    result = run("check", "-m", telecom, "--rows", 1)
    lines = result.out.splitlines()
    place = next(
        i for i, line in enumerate(lines) if line.startswith("overall_band_fits_segments:")
    )
    assert lines[place].endswith("show the overall score only beside its segments.")
    assert lines[place + 1].startswith("  Family: Excellent, all customers Good")
    assert lines[place + 2].strip().startswith("... and ")


def test_check_prints_json_with_every_row(run: Run, shop: Callable[..., Path]) -> None:
    shop(amount="-total")
    result = run("check", "--json", "--output", "checks.json")
    assert (result.code, result.out) == (0, "")
    records = {r["check"]: r for r in json.loads(Path("checks.json").read_text())}
    assert records["rating_is_on_scale"]["status"] == "not mapped"
    assert records["rating_is_on_scale"]["not_mapped"] == ["ratings"]
    assert records["no_purchase_in_the_future"]["findings"] == 0


def test_check_fails_where_the_warehouse_contradicts_the_mapping(
    run: Run, shop: Callable[..., Path]
) -> None:
    shop(amount="totals")
    result = run("check")
    assert result.code == 1
    assert "shop.tables.transactions.columns.amount: 'totals' cannot be read" in result.out


# Cards


def test_card_lists_the_cards_and_shows_one(run: Run) -> None:
    assert [c["key"] for c in json.loads(run("card", "--json").out)] == [
        "clv",
        "cpv",
        "customer_segmentation",
        "cx",
        "net_customer_value",
        "nps",
    ]
    assert run("card", "cx").out.startswith("# Customer experience (CX) rating\n\n## Definition\n")
    assert json.loads(run("card", "cx", "--json").out)["title"] == "Customer experience (CX) rating"


def test_an_unknown_card_is_refused(run: Run) -> None:
    result = run("card", "customer_segmentations")
    assert result == Result(
        2,
        "",
        "card: there is no card 'customer_segmentations'. Did you mean 'customer_segmentation'?\n",
    )


# Pages


def test_docs_writes_what_is_stale_and_check_only_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("superset_kpi.docs.pages.docs_folder", lambda: tmp_path)
    monkeypatch.setattr("superset_kpi.docs.pages.pages", lambda *a: {"cli.md": "new\n"})
    stale = run("docs", "--check")
    assert stale == Result(
        1,
        "",
        "docs/cli.md: 1 lines differ\n  +new\ndocs: stale. Write them with `superset-kpi docs`.\n",
    )
    assert run("docs").out == "docs/cli.md: written.\n"
    assert run("docs").out == "docs: up to date.\n"
    assert run("docs", "--check") == Result(0, "", "")


def test_docs_needs_a_clone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("superset_kpi.docs.pages.docs_folder", lambda: None)
    result = run("docs")
    assert result == Result(2, "", "docs: this is not a clone of the project. Run it in one.\n")


def test_the_cases_of_a_macro_are_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "superset_kpi", "test", "cx_band"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"\d+ passed in .*", done.stdout.splitlines()[-1])


def test_cases_of_an_unknown_macro_are_answered_with_the_nearest(run: Run) -> None:
    result = run("test", "cx_bend")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("test: there is no macro 'cx_bend'. Did you mean 'cx_band'?")


# Long work


def test_a_long_step_counts_its_seconds_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from superset_kpi.cli.output import working

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with working("plan") as step:
            step("shop is compared")
            time.sleep(1.1)
        text = stream.getvalue()
        assert ("plan: shop is compared (1 s)" in text) is shown
        assert text.endswith("\r\x1b[K" if shown else "")


# What nobody foresaw


def test_an_unexpected_error_is_one_line_and_a_traceback_on_demand(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("superset_kpi.dashboards.cards.read_cards", fail)
    result = run("card")
    assert result == Result(
        1,
        "",
        "kpi card: unexpected ZeroDivisionError: division by zero. Run `kpi --debug card ...` for "
        "the traceback, and report it.\n",
    )
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(superset_group, ["--debug", "card"], catch_exceptions=False)


def test_a_missing_package_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.table", None)
    monkeypatch.setitem(sys.modules, "rich.box", None)
    result = run("card")
    assert result.code == 1
    assert "the Python package 'rich" in result.err


def test_export_without_the_package_of_superset_says_what_to_install(
    run: Run, telecom: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "superset", None)
    number = "0a2b4c6d-0000-4000-8000-000000000001"
    result = run("export", "--mapping", telecom, "--database-uuid", number)
    assert result == Result(
        1,
        "",
        "superset: Apache Superset is not installed in this environment. Run the command where "
        "Superset runs, or pip install 'superset-kpi[superset]'.\n",
    )


def test_export_writes_an_archive_without_an_instance_of_superset(
    run: Run, telecom: str, tmp_path: Path
) -> None:
    import zipfile

    number = "0a2b4c6d-0000-4000-8000-000000000001"
    result = run(
        *("export", "--mapping", telecom, "--output", "bundle.zip"), *("--database-uuid", number)
    )
    assert (result.code, result.err) == (0, "")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        names = archive.namelist()
    assert "kpi_telecom/metadata.yaml" in names
    assert [n for n in names if n.startswith("kpi_telecom/dashboards/")]


@pytest.mark.parametrize("given", [(), ("--bound", "--database-uuid", "1")])
def test_export_asks_which_connection_its_archive_is_for(
    run: Run, telecom: str, given: tuple[str, ...]
) -> None:
    result = run("export", "--mapping", telecom, *given)
    assert result.code == 2
    assert "Use that of this environment's Superset with --bound, or name one with" in result.err


def test_the_demo_says_that_its_port_is_taken(run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("demo", "--port", port)
    assert result.code == 1
    assert result.err.startswith(f"demo: port {port} cannot be used (")
    assert not Path(".demo").exists()
