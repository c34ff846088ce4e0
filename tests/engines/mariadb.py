"""A private MariaDB server on a free loopback port: the engine that stands for MySQL."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import process

PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")

# Speed instead of safety: the data lives as long as one run of the tests.
SETTINGS = {
    "bind-address": "127.0.0.1",
    "character-set-server": "utf8mb4",
    "default-time-zone": "+00:00",
    "innodb-buffer-pool-size": "64M",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-log-file-size": "16M",
    "innodb-use-native-aio": "OFF",  # it locks memory, of which an account has little
    "performance-schema": "OFF",
}


def missing() -> str | None:
    """Why no server can be started here; null where one can."""
    for program in PROGRAMS:
        if _program(program) is None:
            return f"{program} was not found. Install mariadb-server."
    return None


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database; the server stops and its files go at the end."""
    account = process.account("mysql")
    assert account is not None
    home = Path(tempfile.mkdtemp(prefix="kpi-mariadb-"))
    os.chown(home, account.pw_uid, account.pw_gid)
    try:
        _install(home, account)
        # A database is a folder; making one needs no client.
        (home / "data" / "kpi").mkdir()
        os.chown(home / "data" / "kpi", account.pw_uid, account.pw_gid)
        port = process.free_port()
        command = [
            str(_program("mariadbd")),
            "--no-defaults",
            f"--datadir={home / 'data'}",
            f"--socket={home / 'socket'}",
            f"--pid-file={home / 'pid'}",
            f"--port={port}",
            *(f"--{name}={value}" for name, value in SETTINGS.items()),
        ]
        with process.running(
            command, home, lambda: process.answers(port), 600, **process.as_account(account)
        ):
            yield f"mysql+pymysql://root@127.0.0.1:{port}/kpi?charset=utf8mb4"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _install(home: Path, account: pwd.struct_passwd) -> None:
    """Makes the server's own tables; one at a time, since two at once fail now and then."""
    command = [
        str(_program("mariadb-install-db")),
        "--no-defaults",
        f"--datadir={home / 'data'}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--innodb-use-native-aio=OFF",
    ]
    with (Path(tempfile.gettempdir()) / f"kpi-mariadb-{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(
            command,
            cwd=home,
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
            **process.as_account(account),
        )
    if made.returncode:
        raise RuntimeError(f"mariadb-install-db: {made.stdout[-1000:]}{made.stderr[-1000:]}")


def _program(name: str) -> str | None:
    # Debian keeps servers in sbin, which is not on everybody's PATH.
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
