"""The six warehouses on their engines, and one Superset that has the dashboards of all, served."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import engines
from tests.engines import process
from tests.strangers.warehouses import STRANGERS, load
from tests.superset.conftest import kept_store

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
CONFIG = """
import os
from datetime import timedelta

from superset_kpi.superset import configure

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
HOME = os.environ["SUPERSET_HOME"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME}/superset.db?check_same_thread=false"
PREVENT_UNSAFE_DB_CONNECTIONS = False
RATELIMIT_ENABLED = False
TALISMAN_ENABLED = False
JWT_ACCESS_TOKEN_EXPIRES = timedelta(days=1)  # of 15 minutes, slow tests take more
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 3600}

configure(globals(), f"{HOME}/kpi.yaml")
"""


@dataclass(frozen=True)
class Served:
    """A Superset at a URL, and what the commands said that filled it."""

    url: str
    home: Path
    environment: dict[str, str]
    said: dict[str, str]
    session: requests.Session

    def get(self, path: str, **query: Any) -> Any:
        answer = self.session.get(f"{self.url}{path}", params=query, timeout=300)
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.session.post(f"{self.url}{path}", json=body, timeout=300).json()


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """Superset on all six, each mapped, installed by the command line and served by gunicorn."""
    for engine in sorted({s.engine for s in STRANGERS.values()}):
        engines.require(engine)
    home = tmp_path_factory.mktemp("strangers")
    with ExitStack() as stack:
        urls = {}
        for name, stranger in STRANGERS.items():
            (home / name).mkdir()
            urls[name] = stack.enter_context(engines.running(stranger.engine, home / name))
            load(stranger, urls[name])
        shutil.copy(HERE / "kpi.yaml", home)
        migrated = kept_store(request)
        if migrated and migrated.exists():
            shutil.copy(migrated, home / "superset.db")
        (home / "superset_config.py").write_text(CONFIG, encoding="utf-8")
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SUPERSET", "FLASK"))},
            **{name.upper(): url for name, url in urls.items()},
            "SUPERSET_HOME": str(home),
            "SUPERSET_CONFIG_PATH": str(home / "superset_config.py"),
            "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42),
        }
        said = {"prepare": _run(environment, "-m", "tests.strangers.prepare", json.dumps(urls))}
        for command in (("check-mapping",), ("install", "--yes")):
            said[command[0]] = "".join(_commanded(environment, home, command))
        yield stack.enter_context(_served(home, environment, said))


def _commanded(environment: dict[str, str], home: Path, command: tuple[str, ...]) -> Iterator[str]:
    files = [str(home / "kpi.yaml")]
    if command[0] == "check-mapping":  # one mapping at a time
        files = [f"{home / 'kpi.yaml'}:{name}" for name in STRANGERS]
    for file in files:
        yield _run(environment, "-m", "superset_kpi", *command, "--mapping", file)


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"{' '.join(arguments[:3])}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.returncode == 0, said[-6000:]
    return said


class _served:
    """Runs gunicorn for as long as the block lasts."""

    def __init__(self, home: Path, environment: dict[str, str], said: dict[str, str]) -> None:
        self._home, self._environment, self._said = home, environment, said
        self._stack = ExitStack()

    def __enter__(self) -> Served:
        port = process.free_port()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
        command += ["--timeout", "300", "superset.app:create_app()"]
        url = f"http://127.0.0.1:{port}"
        self._stack.enter_context(
            process.running(command, self._home, lambda: _is_well(url), 600, env=self._environment)
        )
        session = requests.Session()
        login = {"username": "stranger", "password": "stranger", "provider": "db", "refresh": False}
        token = session.post(f"{url}/api/v1/security/login", json=login, timeout=60).json()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        return Served(url, self._home, self._environment, self._said, session)

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def _is_well(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False
