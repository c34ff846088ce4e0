"""Engines that Superset knows and no file describes: standard SQL, or a refusal that says why."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from superset_kpi.dialects import DIALECTS, OTHERS, PRIMITIVES, dialect
from superset_kpi.dialects.vocabulary import by_name
from superset_kpi.errors import MacroError
from superset_kpi.macros import library, render_call, render_expression, render_query
from superset_kpi.macros.unverified import unverified
from superset_kpi.mapping.model import changed
from tests import cases
from tests.engines.translated import Translated
from tests.test_engine import world
from tests.test_macros import ALL, connected

REPOSITORY = Path(__file__).resolve().parents[2]
PORTABLE_CASES = [
    c
    for c in ALL
    if c.macro
    in ("cx_band", "cpv_band", "clv_calculator", "period_start", "period_label", "cpv_by_segment")
]


def test_every_engine_of_superset_is_known_and_read_as_superset_reads_it() -> None:
    parse = pytest.importorskip("superset.sql.parse", reason="Superset is not installed.")
    # Read, not imported: that would need Superset's application.
    specs = (Path(parse.__file__).parents[1] / "db_engine_specs").glob("*.py")
    found = (
        re.findall(r'^    engine = "(\w+)"', p.read_text(encoding="utf-8"), re.M) for p in specs
    )
    names = set(chain.from_iterable(found))
    # Dialects of Superset's own are derived from the generic one, which stands for them here.
    own = ("db2", "firebolt", "pinot")
    assert len(names) > 60
    assert names - {*DIALECTS, *OTHERS} == set()
    for name, target in OTHERS.items():
        read = parse.SQLGLOT_DIALECTS.get(name, "")
        spelled = (
            read.__name__.lower() if isinstance(read, type) else str(getattr(read, "value", read))
        )
        assert target.sqlglot == ("" if name in own else spelled), name


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_claims_to_have_tried_another_engine(name: str) -> None:
    assert dialect(name).verified is None
    assert render_call("cx_band", ("score",), {}, world(name)).startswith("CASE WHEN score IS NULL")


@pytest.mark.parametrize("case", PORTABLE_CASES, ids=[c.id for c in PORTABLE_CASES])
def test_standard_sql_gives_the_expected_rows(
    case: cases.Case, engine_url: Callable[[str], str]
) -> None:
    with connected(engine_url("duckdb")) as connection:
        cases.check(case, "teradatasql", Translated(connection, "teradata"))


def test_what_standard_sql_lacks_is_refused_by_name() -> None:
    mapping = world("teradatasql")
    for attempt, wanted in (
        (
            lambda: render_query("customer_summary", {}, mapping),
            "customer_summary: days_between has no form in standard SQL, and teradatasql is not "
            "one of the engines that have their own. Use a macro without it.",
        ),
        (
            lambda: render_expression("week_start(x)", mapping),
            "'week_start(x)': week_start has no form in standard SQL, and teradatasql is not one "
            "of the engines that have their own. Use a macro without it.",
        ),
        (
            lambda: render_query("cx_by_segment", {}, changed(mapping, as_of="yesterday")),
            "cx_by_segment: today has no form in standard SQL, and teradatasql is not one of the "
            "engines that have their own. Name a day in as_of.",
        ),
    ):
        with pytest.raises(MacroError) as raised:
            attempt()
        assert str(raised.value) == wanted


def test_a_warning_counts_what_can_be_written() -> None:
    assert unverified(world("duckdb")) is None
    assert unverified(world("cockroachdb")) == (
        f"case.dialect: no test runs the macros on 'cockroachdb'; {public()} of {public()} macros "
        "can be written.",
        "Compare their numbers before you trust them.",
    )
    warning, _ = unverified(world("teradatasql")) or ("", "")
    refused = [name for name in library() if is_refused(name)]
    assert f"; {public() - len(refused)} of {public()} macros can be written, not these" in warning
    assert 0 < len(refused) < public() / 4


def public() -> int:
    return sum(1 for macro in library().values() if not macro.is_internal)


def is_refused(name: str) -> bool:
    """Whether a public macro with a value for every argument is refused for want of a primitive."""
    from tests.test_engine import rendered

    macro = library()[name]
    try:
        return not macro.is_internal and not rendered(macro, world("teradatasql"))
    except MacroError as error:
        return "has no form in standard SQL" in str(error)


def test_a_description_of_an_engine_spells_every_primitive() -> None:
    for target in DIALECTS.values():
        assert set(target.primitives) == set(PRIMITIVES), target.engine


def test_a_generic_entry_hides_no_engine_with_a_file() -> None:
    hiding = dialect("teradatasql").like("mariadb", "mysql", "MariaDB")
    with pytest.raises(MacroError) as raised:
        by_name([dialect("mysql"), hiding])
    assert str(raised.value) == (
        "dialects: the name 'mariadb' of MariaDB is taken by MySQL, MariaDB. "
        "Describe an engine once, in a file of its own or in others.py."
    )


def test_a_new_engine_is_one_file_and_one_line(tmp_path: Path) -> None:
    """A copy of the package, with SQLite's file under another name, writes the same statement."""
    for part in ("superset_kpi", "sql_macros"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    folder = tmp_path / "superset_kpi" / "dialects"
    file = (folder / "sqlite.py").read_text().replace('engine="sqlite"', 'engine="pebble"')
    (folder / "pebble.py").write_text(file.replace('title="SQLite"', 'title="Pebble"'))
    assert "'pebble' is not an engine" in rendered_there(tmp_path, "pebble").stderr
    names = folder / "__init__.py"
    names.write_text(names.read_text().replace('"sqlite"', '"sqlite", "pebble"'))
    done = rendered_there(tmp_path, "pebble")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == rendered_there(tmp_path, "sqlite").stdout
    assert done.stdout != rendered_there(tmp_path, "duckdb").stdout


def rendered_there(folder: Path, engine: str) -> subprocess.CompletedProcess[str]:
    """The statement that a copy of the package in the folder writes for an engine."""
    command = (
        "-m superset_kpi render customer_activity -m superset_kpi/demo/kpi.yaml:telecom".split()
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *command, "--dialect", engine],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
