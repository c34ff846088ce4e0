"""Faults of Superset's store, configuration and connections: one sentence, nothing of a log."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy.exc
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group
from superset_kpi.superset import answers, doctor
from superset_kpi.superset.store import store_fault
from tests.superset.conftest import Instance, _disconnect
from tests.superset.test_commands import only

REPOSITORY = Path(__file__).resolve().parents[2]
MAPPING = """
shop:
  database: Shop
  dialect: duckdb
  tables: {transactions: {table: t, columns: {transaction_id: i, customer_id: c, occurred_at: o,
    amount: a}}}
"""


def started(folder: Path, command: str, config: str | None, **more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in a process of its own, with a configuration."""
    environment = {k: v for k, v in os.environ.items() if "SUPERSET" not in k}
    environment |= {"PYTHONPATH": str(REPOSITORY), "SUPERSET_HOME": str(folder), **more}
    (folder / "kpi.yaml").write_text(MAPPING, encoding="utf-8")
    if config is not None:
        (folder / "config.py").write_text(config, encoding="utf-8")
        environment["SUPERSET_CONFIG_PATH"] = str(folder / "config.py")
    done = subprocess.run(
        [sys.executable, "-m", "superset_kpi", *command.split()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


STORE = 'SECRET_KEY = "x" * 42\nSQLALCHEMY_DATABASE_URI = "{}"\n'


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            None,
            "superset: no configuration is named, and without one Superset does not start. Set "
            "SUPERSET_CONFIG_PATH to the superset_config.py of your Superset, or run `superset kpi "
            "...` where it runs.",
        ),
        (
            "ROW_LIMIT = 5\n",
            "superset: {folder}/config.py sets no SECRET_KEY, and without one Superset does not "
            "start. Set it to that of your running Superset.",
        ),
        (
            "SECRET_KEY = \n",
            "superset: the configuration {folder}/config.py cannot be used (SyntaxError: invalid "
            "syntax (config.py, line 1)). Correct it.",
        ),
        (
            STORE.format("sqlite:///{folder}/kpi.yaml"),
            "superset: Superset's metadata database is not a database, or is damaged. Correct "
            "SQLALCHEMY_DATABASE_URI, or restore a backup.",
        ),
        (
            STORE.format("postgresql://superset:Sup3rS3cret@127.0.0.1:1/superset"),
            "superset: Superset's metadata database does not answer. Start its server, or correct "
            "SQLALCHEMY_DATABASE_URI.",
        ),
        (
            STORE.format("sqlite:///{folder}/new.db"),
            "superset: Superset's metadata database does not belong to this version of Superset. "
            "Run `superset db upgrade` and `superset init`, then the command again.",
        ),
    ],
    ids=["no configuration", "no key", "no Python", "no database", "down", "not upgraded"],
)
def test_what_keeps_superset_from_starting_is_one_sentence(
    instance: Instance, tmp_path: Path, config: str | None, sentence: str
) -> None:
    text = config and config.replace("{folder}", str(tmp_path))
    shown = started(tmp_path, "plan", text)
    assert shown == (1, "", sentence.replace("{folder}", str(tmp_path)) + "\n")


def test_a_configuration_that_is_not_there_is_a_finding_of_the_doctor(
    instance: Instance, tmp_path: Path
) -> None:
    code, out, err = started(tmp_path, "doctor", None, SUPERSET_CONFIG_PATH="nowhere.py")
    assert (code, err) == (1, "")
    assert "SUPERSET_CONFIG_PATH names no file, 'nowhere.py'." in out


@pytest.fixture
def run(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """The command line inside the application's context."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)

    def invoke(*arguments: str) -> Result:
        with instance.app.app_context():
            return CliRunner().invoke(superset_group, arguments)

    return invoke


@pytest.fixture
def store(instance: Instance) -> Iterator[Path]:
    """The metadata store, as it was again at the end."""
    path = instance.home / "superset.db"
    kept = shutil.copy(path, instance.home / "kept.db")
    yield path
    _disconnect(instance.app)
    shutil.copy(kept, path)


def test_a_locked_store_is_a_sentence_and_the_next_run_installs(
    run: Callable[..., Result], instance: Instance, store: Path, tmp_path: Path
) -> None:
    mapping = only(instance, tmp_path)
    with sqlite3.connect(store, isolation_level=None) as other:
        other.execute("begin immediate")
        result = run("install", "--yes", "--mapping", mapping)
        other.execute("rollback")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "superset: Superset's metadata database is locked by another process. Wait until that one "
        "has finished, and run the command again."
    )
    assert "installed." not in result.stdout
    assert run("install", "--yes", "--mapping", mapping).exit_code == 0
    run("uninstall", "cdnow", "--yes")


def test_a_store_that_lacks_a_table_is_a_sentence(
    run: Callable[..., Result], instance: Instance, store: Path, tmp_path: Path
) -> None:
    _disconnect(instance.app)
    with sqlite3.connect(store) as opened:
        opened.execute("drop table dbs")
    result = run("plan", "--mapping", only(instance, tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "superset: Superset's metadata database does not belong to this version of Superset. Run "
        "`superset db upgrade` and `superset init`, then the command again."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("attempt to write a readonly database", "is read-only here."),
        ("cannot execute INSERT in a read-only transaction", "is read-only here."),
        ("The MySQL server is running with the --read-only option", "is read-only here."),
        ("database or disk is full", "has no room left."),
        ('could not extend file "base/1": No space left on device', "has no room left."),
        ("Lock wait timeout exceeded; try restarting transaction", "is locked by another process."),
        ('FATAL:  database "superset" does not exist', "cannot be opened."),
        ("unable to open database file", "cannot be opened."),
        ('relation "dbs" does not exist', "does not belong to this version of Superset."),
        ("Table 'superset.dbs' doesn't exist", "does not belong to this version of Superset."),
        ("server closed the connection unexpectedly", "does not answer."),
        ("Access denied for user 'x'@'y'", "refuses the login, or its permissions do not suffice."),
        ("deja vu at u:Sup3rS3cret@h", "refused a statement (deja vu at ***)."),
    ],
)
def test_what_databases_say_of_a_fault_becomes_a_sentence(text: str, sentence: str) -> None:
    fault = store_fault(sqlalchemy.exc.OperationalError("insert", {}, Exception(text)))
    assert str(fault).startswith(f"superset: Superset's metadata database {sentence} ")
    assert store_fault(ValueError(text)) is None


def point(instance: Instance, name: str, url: str) -> None:
    from superset_kpi.superset.instance import set_up_database

    set_up_database(instance.app, name, url)


@pytest.mark.parametrize(
    ("url", "dialect", "found", "remedy"),
    [
        (
            "mysql+mysqldb://u:Sup3rS3cret@127.0.0.1:1/d",
            "mysql",
            "Superset lacks the driver MySQLdb of the connection 'Faulty'.",
            answers.MYSQL,
        ),
        (
            "postgresql://u:Sup3rS3cret@127.0.0.1:1/d",
            "postgresql",
            "The connection 'Faulty' does not answer (",
            "Correct it in Superset under Settings, Database connections, and make sure that its "
            "server is running.",
        ),
    ],
    ids=["no driver", "down"],
)
def test_a_connection_that_does_not_answer_is_told_before_anything_is_written(
    run: Callable[..., Result],
    instance: Instance,
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    dialect: str,
    found: str,
    remedy: str,
) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)  # as if it were not installed
    point(instance, "Faulty", url)
    text = MAPPING.replace("database: Shop", "database: Faulty").replace("duckdb", dialect)
    (tmp_path / "kpi.yaml").write_text(text)
    for command in (["plan"], ["install", "--yes"]):
        result = run(*command, "--mapping", "kpi.yaml")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"shop.database: {found}" in result.stderr
        assert result.stderr.endswith(f"{remedy}\n")
        assert "Sup3r" not in result.stderr


def test_the_doctor_tries_each_connection_and_knows_a_file_that_one_process_holds(
    instance: Instance, store: Path
) -> None:
    file = f"duckdb:///{instance.home}/warehouse.duckdb"
    point(instance, "Shop warehouse", file)
    point(instance, "Telecom warehouse", f"duckdb:///{instance.home}/nothing/there.duckdb")
    with instance.app.app_context():
        found = {each.name: each for each in doctor.instance()}
    assert found["connection Shop warehouse"].severity == "warning"
    assert "access_mode=READ_ONLY" in found["connection Shop warehouse"].remedy
    assert found["connection Telecom warehouse"].severity == "error"
    assert found["connection Telecom warehouse"].found.startswith(
        "The connection 'Telecom warehouse' does not answer ("
    )
