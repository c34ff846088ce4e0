"""The engines start, answer, and leave nothing behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests import engines
from tests.engines import postgres, process, spark

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_an_engine_keeps_a_table_between_connections(
    engine: str, engine_url: Callable[[str], str]
) -> None:
    url = engine_url(engine)
    for statement in ("create table kept as select 6 * 7 as answer", "select answer from kept"):
        database = create_engine(url)
        with database.begin() as connection:
            result = connection.execute(text(statement))
            rows = result.fetchall() if result.returns_rows else []
        database.dispose()
    assert [row[0] for row in rows] == [42]


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo the disk is full; exit 1"]
    message = r"^sh did not start\. Its output: the disk is full$"
    with (
        pytest.raises(RuntimeError, match=message),
        process.running(command, tmp_path, lambda: False, 10),
    ):
        raise AssertionError("it started")


def test_postgres_leaves_neither_files_nor_a_listening_port() -> None:
    engines.require("postgres")
    with postgres.server() as url:
        database = create_engine(url)
        with database.connect() as connection:
            data = connection.execute(text("show data_directory")).scalar()
        database.dispose()
        assert Path(data).exists()
    assert not Path(data).parent.exists()
    with pytest.raises(OperationalError, match="refused"):
        database.connect()


def test_spark_works_in_two_processes_besides_the_driver(
    engine_url: Callable[[str], str],
) -> None:
    statement = "select distinct java_method('java.lang.ProcessHandle', 'current') from {}"
    database = create_engine(engine_url("spark"))
    with database.connect() as connection:
        workers, driver = (
            {row[0] for row in connection.execute(text(statement.format(rows)))}
            for rows in ("range(0, 1000, 1, 16)", "values (1) as given (n)")
        )
    database.dispose()
    assert len(workers) == spark.WORKERS == 2
    assert len(driver - workers) == 1


def test_a_missing_engine_is_a_skip_on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(postgres, "missing", lambda: "not installed.")
    with pytest.raises(pytest.skip.Exception, match=r"^postgres: not installed\.$"):
        engines.require("postgres")


def test_a_missing_engine_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(postgres, "missing", lambda: "not installed.")
    with pytest.raises(pytest.fail.Exception, match=r"^postgres: not installed\.$"):
        engines.require("postgres")


def test_a_server_does_not_run_as_root() -> None:
    account = process.account("postgres")
    assert account is not None
    assert account.pw_uid != 0
    assert (os.geteuid() != 0) == (account.pw_uid == os.geteuid())
