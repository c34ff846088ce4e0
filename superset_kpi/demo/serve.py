"""`superset-kpi demo`: a warehouse, a Superset and its dashboards in one folder, served locally."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from superset_kpi.demo import warehouse
from superset_kpi.demo.prepare import MARK
from superset_kpi.errors import KpiError
from superset_kpi.files import write_whole
from superset_kpi.mapping.models import models_path
from superset_kpi.resources import superset_config

Progress = Callable[[str], None]
# Stands in a folder that the demo may write to; nothing in another one is ever removed.
MARKER = ".superset-kpi-demo"
MAPPING_FILE = Path(__file__).parent / "kpi.yaml"
_URL = "url: duckdb:///${KPI_DEMO_WAREHOUSE}"

HEAD = """\
# The three mappings of the demo. `superset-kpi demo` rewrites this file and kpi.models.yaml at
# each start: copy both before you change them.
"""

GUIDE = """\
Superset serves the demo at {url}/
Login admin, password admin; Ctrl+C stops it.

Open first
  {url}/superset/dashboard/kpi-telecom-scorecard/
      who values us, and is it moving?
  {url}/superset/dashboard/kpi-retail-lifetime-value/
      real invoices of a wholesaler
  {url}/sqllab/
      try: select * from {{{{ kpi.telecom.cx_by_segment(scheme='Region') }}}} t

Without Superset
  superset-kpi query cx_by_segment --mapping {mapping}:telecom
"""


def demo(directory: Path, port: int, is_served: bool, progress: Progress) -> str:
    """Makes the demo in the folder, or reuses what is there; serves it until it is stopped.

    Returns what to open first. A step that is interrupted is done again by the next call.
    """
    if is_served:
        _require_free(port)
    directory = directory.resolve()
    _claim(directory)
    environment = _environment(directory)
    warehouse.build(directory / "warehouse.duckdb", progress)
    mapping = write_mapping(directory)
    _prepare(directory, environment, progress)
    guide = GUIDE.format(url=f"http://127.0.0.1:{port}", mapping=_shortest(mapping))
    if is_served:
        progress(guide)
        _serve(port, environment, directory)
    return guide


def write_mapping(directory: Path) -> Path:
    """Writes the demo's mapping, and its models, so that they need no variable; returns its path.

    The demo's Superset and the command line read the same file.
    """
    url = f"duckdb:///{directory / 'warehouse.duckdb'}"
    text = MAPPING_FILE.read_text(encoding="utf-8").replace(_URL, f"url: {json.dumps(url)}")
    _, _, mappings = text.partition("\n")
    path = directory / MAPPING_FILE.name
    write_whole(path, HEAD + mappings)
    write_whole(models_path(path), models_path(MAPPING_FILE).read_bytes())
    return path


def _shortest(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _claim(directory: Path) -> None:
    """Makes the folder and marks it as the demo's; one that holds something else is refused."""
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / MARKER).is_file():
        return
    if any(directory.iterdir()) and not warehouse.is_made(directory / "warehouse.duckdb"):
        raise KpiError(
            f"demo: {directory} holds something that is not the demo's, and is left as it is. "
            "Name a new or empty folder with --directory."
        )
    write_whole(directory / MARKER, "This folder belongs to `superset-kpi demo`.\n")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise KpiError(
                f"demo: port {port} cannot be used ({reason}). Choose another one with --port."
            ) from error


def _environment(directory: Path) -> dict[str, str]:
    """Returns the environment of the demo's Superset; what is set outside does not leak in."""
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("SUPERSET", "FLASK"))}
    return {
        **outside,
        "SUPERSET_HOME": str(directory / "superset"),
        "SUPERSET_SECRET_KEY": _secret(directory / "secret_key"),
        "SUPERSET_CONFIG_PATH": str(superset_config()),
        "SUPERSET_KPI_MAPPING": str(directory / MAPPING_FILE.name),
        "KPI_DEMO_WAREHOUSE": str(directory / "warehouse.duckdb"),
    }


def _secret(path: Path) -> str:
    if not path.exists():
        write_whole(path, secrets.token_urlsafe(42), mode=0o600)
    return path.read_text(encoding="ascii")


def _prepare(directory: Path, environment: dict[str, str], progress: Progress) -> None:
    """Makes the instance beside its place and moves it there when it is complete."""
    home = directory / "superset"
    is_ready = (home / "superset.db").exists()
    work = home if is_ready else directory / "superset.part"
    if not is_ready:
        if home.is_dir() and any(home.iterdir()):
            raise KpiError(
                f"demo: {home} holds something that is not the demo's Superset. "
                "Move it, or name another folder with --directory."
            )
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    ready = {"SUPERSET_KPI_DEMO_READY": "1"} if is_ready else {}
    log = directory / "superset.log"
    child = subprocess.Popen(
        [sys.executable, "-m", "superset_kpi.demo.prepare"],
        env={**environment, **ready, "SUPERSET_HOME": str(work)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = _follow(child, log, progress)
    if child.returncode:
        raise KpiError(f"demo: Superset could not be prepared ({last}). See {log} for the details.")
    if not is_ready:
        work.rename(home)


def _follow(child: subprocess.Popen[str], log: Path, progress: Progress) -> str:
    """Shows the child's progress, writes the rest to the log, returns the last line."""
    last = ""
    try:
        with log.open("w", encoding="utf-8") as file:
            for line in child.stdout or ():
                file.write(line)
                last = line.strip() or last
                if line.startswith(MARK):
                    progress(line.removeprefix(MARK).rstrip())
        child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    return last.removeprefix(MARK)


def _serve(port: int, environment: dict[str, str], directory: Path) -> None:
    """Serves until interrupted; one process, since DuckDB's file belongs to one process."""
    with (directory / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--bind",
                f"127.0.0.1:{port}",
                "--worker-class",
                "gthread",
                "--workers",
                "1",
                "--threads",
                "8",
                "--timeout",
                "300",
                "superset.app:create_app()",
            ],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        # Whoever stops the demo stops its server.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            code = server.wait()
        except KeyboardInterrupt:
            code = 0
        finally:
            signal.signal(signal.SIGTERM, before)
            if server.poll() is None:
                server.terminate()
                server.wait()
    if code:
        raise KpiError(f"demo: Superset stopped. See {directory / 'server.log'} for the reason.")
