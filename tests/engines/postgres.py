"""A private PostgreSQL server on a free loopback port."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy

from tests.engines import process

# Speed instead of safety: the data lives as long as one run of the tests.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    # Compiling a long statement takes seconds, which few rows do not pay back.
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "40",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "unix_socket_directories": "",
}
ATTEMPTS = 5


def missing() -> str | None:
    """Why no server can be started here; null where one can."""
    if _programs() is None:
        return "initdb was found neither on PATH nor under /usr/lib/postgresql. Install PostgreSQL."
    if process.account("postgres") is None:
        return "PostgreSQL does not run as root, and there is no other account to run it as."
    return None


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database; the server stops and its files go at the end."""
    programs = _programs()
    account = process.account("postgres")
    assert programs is not None
    assert account is not None
    home = Path(tempfile.mkdtemp(prefix="kpi-postgres-"))
    os.chown(home, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # pg_ctl's child inherits what it is given, so its output goes to a file: a pipe would
        # stay open as long as the server runs.
        with (home / f"{program}.log").open("a+") as log:
            done = subprocess.run(
                [str(programs / program), "-D", str(home / "data"), *arguments],
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=600,
                **process.as_account(account),
            )
            log.seek(0)
            done.stdout = log.read()
        return done

    try:
        made = run("initdb", "-U", "kpi", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        assert made.returncode == 0, made.stdout
        port = _start(run)
        try:
            yield f"postgresql+psycopg2://kpi@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """Returns the URL of an empty database on the server of another's URL."""
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {name} with (force)")
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return f"{url.rpartition('/')[0]}/{name}"


def _start(run: Any) -> int:
    """The port the server listens on; another one is tried where somebody was faster."""
    output = ""
    for _ in range(ATTEMPTS):
        port = process.free_port()
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        started = run("pg_ctl", "start", "-w", "-t", "60", "-o", f"-p {port} {options}")
        if started.returncode == 0:
            return port
        output = started.stdout
    raise RuntimeError(f"PostgreSQL did not start in {ATTEMPTS} attempts. Its output: {output}")


def _programs() -> Path | None:
    """The directory with initdb and pg_ctl; the newest one where Debian has several."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major)
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve()] if on_path else debian[-1:]
    return found[0].parent if found and (found[0].parent / "pg_ctl").exists() else None


def _major(initdb: Path) -> int:
    return int(re.sub(r"\D.*", "", initdb.parent.parent.name) or 0)
