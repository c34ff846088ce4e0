"""URLs of a warehouse: what may stand in them, and that no message shows one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from click.testing import CliRunner

from superset_kpi.cli import superset_group
from superset_kpi.errors import KpiError, WarehouseError
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import run
from superset_kpi.warehouse.connection import expand_url

ODD = "p@ss:w/rd#50%?&+ x[é]"
LOGIN = "p%40ss%3Aw%2Frd%2350%25%3F%26%2B%20x%5B%C3%A9%5D"


def mapping_at(folder: Path, url: str, dialect: str = "postgresql") -> Mapping:
    path = folder / "kpi.yaml"
    path.write_text(
        f"shop: {{database: Shop, dialect: {dialect}, url: {json.dumps(url)}, as_of: 2026-09-30, "
        "tables: {customers: {table: c, columns: {customer_id: id}}}}\n",
        encoding="utf-8",
    )
    return read_mappings(path)["shop"]


@pytest.fixture
def expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function from a template and the environment to the URL."""

    def expanded(template: str, **values: str) -> str:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return expand_url(mapping_at(tmp_path, template))

    return expanded


@pytest.mark.parametrize(
    ("template", "values", "url"),
    [
        ("pg://r:${PW}@h/d", {"PW": ODD}, f"pg://r:{LOGIN}@h/d"),
        ("pg://${U}:${PW}@h/d", {"U": "a@b", "PW": "c"}, "pg://a%40b:c@h/d"),
        ("pg://r:x${PW}y@h/d", {"PW": "@"}, "pg://r:x%40y@h/d"),
        ("pg://${L}@h/d", {"L": f"r:{ODD}"}, f"pg://r:{LOGIN}@h/d"),
        ("pg://r@${H}:${P}/${D}?${Q}", {"H": "h", "P": "5", "D": "d", "Q": "a=1&b=2"},
         "pg://r@h:5/d?a=1&b=2"),
        ("pg://h/d?user=r&password=${PW}&a=${A}", {"PW": "&@", "A": "b/c"},
         "pg://h/d?user=r&password=%26%40&a=b/c"),
        ("${URL}", {"URL": "pg://r:p%40@h/d"}, "pg://r:p%40@h/d"),
        ("duckdb:///${F}", {"F": "/data/a@b: c.duckdb"}, "duckdb:////data/a@b: c.duckdb"),
        ("pg://r:p%40@h/d", {}, "pg://r:p%40@h/d"),
    ],
)  # fmt: skip
def test_a_variable_is_quoted_where_it_is_a_login_and_only_there(
    expand: Callable[..., str], template: str, values: dict[str, str], url: str
) -> None:
    assert expand(template, **values) == url


def test_a_password_of_odd_characters_arrives_as_it_is(expand: Callable[..., str]) -> None:
    parsed = sqlalchemy.engine.make_url(expand("pg://r:${PW}@h/d", PW=ODD))
    assert (parsed.password, parsed.host, parsed.database) == (ODD, "h", "d")


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_a_server_takes_a_password_of_odd_characters(
    engine: str,
    engine_url: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = sqlalchemy.engine.make_url(engine_url(engine))
    password = ODD.replace("é", "")  # servers know bytes, and disagree about their encoding
    at = "" if engine == "postgres" else "@'%'"
    given = "with login password" if engine == "postgres" else "identified by"
    admin = sqlalchemy.create_engine(
        url, isolation_level="AUTOCOMMIT", execution_options={"no_parameters": True}
    )
    with admin.connect() as opened:
        for sql in (
            f"drop user if exists odd_login{at}",
            f"create user odd_login{at} {given} '{password}'",
        ):
            opened.exec_driver_sql(sql)
        if engine == "mariadb":
            opened.exec_driver_sql("grant select on kpi.* to odd_login@'%'")
        else:
            _require_passwords(opened)
    try:
        monkeypatch.setenv("PW", password)
        template = f"{url.drivername}://odd_login:${{PW}}@{url.host}:{url.port}/{url.database}"
        mapping = mapping_at(tmp_path, template, url.get_backend_name())
        assert run(mapping, "select 1").rows == ((1,),)
        monkeypatch.setenv("PW", f"{password}x")
        with pytest.raises(WarehouseError) as refused:
            run(mapping, "select 1")
        assert "the warehouse cannot be reached (" in str(refused.value)
        for part in ("odd_login", password, LOGIN[:6], str(url.host)):
            assert part not in str(refused.value)
    finally:
        with admin.connect() as opened:
            if engine == "postgres":
                _require_passwords(opened, False)
            opened.exec_driver_sql(f"drop user odd_login{at}")
        admin.dispose()


def _require_passwords(opened: sqlalchemy.engine.Connection, is_on: bool = True) -> None:
    """Has PostgreSQL ask this one user for a password: its server trusts everybody."""
    path = Path(str(opened.exec_driver_sql("show hba_file").scalar()))
    rule = "host all odd_login 127.0.0.1/32 scram-sha-256\n"
    text = path.read_text().replace(rule, "")
    path.write_text(rule + text if is_on else text)
    opened.exec_driver_sql("select pg_reload_conf()")


# A login written wrong, or in the wrong place. SECRET stands where the password was meant.
SECRET = "Sup3rS3cret"
WRONG = [
    *(
        f"url: {json.dumps(url)}"
        for url in (
            f"postgresql//reader:{SECRET}@127.0.0.1:1/shop",
            f"postgresql:/reader:{SECRET}@127.0.0.1:1/shop",
            f"postgresql:reader:{SECRET}@127.0.0.1:1/shop",
            f"postgresql:///reader:{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:p@ss:{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:p@{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:p/{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:p#{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:p?{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:{SECRET} @127.0.0.1:1/shop",
            f"postgresql://reader:{SECRET}@127.0.0.1:port/shop",
            f"postgresql://reader@{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader@p/{SECRET}@127.0.0.1:1/shop",
            f"postgresql://reader:{SECRET}",
            f"postgresql://reader:{SECRET}@127.0.0.1:1/shop",
            f"postgresql+none://reader:{SECRET}@127.0.0.1:1/shop",
            f"postgres://reader:{SECRET}@127.0.0.1:1/shop",
            f"mysql+pymysql://reader:{SECRET}@127.0.0.1:1/shop",
            f"{SECRET}://reader:p@127.0.0.1:1/shop",
            f"postgresql://{SECRET}@/shop?host=127.0.0.1&port=1",
            f"postgresql://127.0.0.1:1/shop?user=reader&password={SECRET}",
            f"postgresql://127.0.0.1:1/shop?user=reader&pasword={SECRET}",
            f"reader:{SECRET}@127.0.0.1:1/shop",
            f"duckdb:///reader:{SECRET}@127.0.0.1/shop",
            f"host=127.0.0.1 port=1 user=reader password={SECRET}",
            "postgresql://reader:${KPI_SECRET}@127.0.0.1:1/shop",
            "postgresql://reader:x@${KPI_SECRET}:1/shop",
            "${KPI_SECRET}",
        )
    ),
    f"url: [postgresql://reader:{SECRET}@127.0.0.1/shop]",
    f"url: [reader, {SECRET}, 127.0.0.1]",
    f"url: {{user: reader, password: {SECRET}}}",
    f"url: {{{SECRET}: a, {SECRET}: b}}",
    f"url: {{postgresql://reader:{SECRET}@h: a}}",
    f"url: !!int {SECRET}",
    f"url: !{SECRET} x",
    f"url: !{SECRET}!a x",
    f"url: *{SECRET}",
    f"url: [&{SECRET} a, &{SECRET} b]",
    f"url: &{SECRET} &b a",
    f"url: @{SECRET}",
    f"title: [postgresql://reader:{SECRET}@127.0.0.1/shop]",
    f"currency: postgresql://reader:{SECRET}@127.0.0.1/shop",
    f"postgresql://reader:{SECRET}@127.0.0.1/shop: x",
]
COMMANDS = (
    ["check-mapping"],
    ["check-mapping", "--json"],
    ["check"],
    ["check", "--json"],
    ["query", "customer_counts"],
    ["render", "customer_counts"],
    ["macros"],
    ["fit"],
    ["materialize", "--yes"],
    ["export"],
)


def wrong_file(form: str) -> str:
    return (
        "shop:\n  database: Shop\n  dialect: postgresql\n  as_of: 2026-09-30\n"
        f"  {form}\n"
        "  materialized: {schema: kpi}\n"
        "  tables:\n"
        "    customers: {table: c, columns: {customer_id: id}}\n"
        "    transactions: {table: t, columns: {transaction_id: id, customer_id: c, "
        "occurred_at: o, amount: a}}\n"
    )


def tells(text: str) -> bool:
    """Whether a text has any four letters of the secret in a row."""
    return any(SECRET[n : n + 4] in text for n in range(len(SECRET) - 3))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_shows_a_part_of_a_password(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KPI_SECRET", SECRET)
    slow = command[0] in ("export", "materialize")  # seconds where the file itself is good
    for form in WRONG[:: 6 if slow else 1]:
        (tmp_path / "kpi.yaml").write_text(wrong_file(form), encoding="utf-8")
        result = CliRunner().invoke(superset_group, [*command, "--mapping", "kpi.yaml"])
        shown = result.stdout + result.stderr
        assert not tells(shown), f"{form}\n{shown}"
        assert "unexpected" not in shown, f"{form}\n{shown}"


def test_a_url_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    mapping = mapping_at(tmp_path, "postgresql//r:x@h/d")
    with pytest.raises(WarehouseError) as refused:
        run(mapping, "select 1")
    assert str(refused.value) == (
        "shop: the url is not a SQLAlchemy URL. Write driver://user:${PASSWORD}@host:port/"
        "database; the value of ${PASSWORD} may have any characters."
    )
    assert "r:x" not in repr(replace(mapping, name="other"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d is wrong", "*** is wrong"),
        ("'pg//u:p w@h' is wrong", "'***' is wrong"),
        ("x?password=abc&y=1", "x?password=***&y=1"),
        ("kpi.yaml:3 shop.url: an address such as a@b.c", None),
        ("export PASSWORD=...`.", None),
        ("See https://example.com/a.", None),
        ("where pass = 'x' and a.token = b.token", None),
    ],
)
def test_a_message_hides_a_login_and_nothing_else(text: str, shown: str | None) -> None:
    assert str(KpiError(text)) == (shown or text)
