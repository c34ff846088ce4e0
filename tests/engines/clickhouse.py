"""A private ClickHouse on a free loopback port: chdb behind ClickHouse's HTTP interface.

Run as a module it is the server. It knows as much of the interface as clickhouse-connect needs:
ping, and one statement at a time, whose rows go back in the Native format.
"""

from __future__ import annotations

import gzip
import importlib.util
import re
import shutil
import sys
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.engines import process

_FORMAT = re.compile(r"\s+FORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")


def missing() -> str | None:
    """Why no server can be started here; null where one can."""
    for module, extra in (("chdb", "engines"), ("clickhouse_connect", "clickhouse")):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed. Run: pip install 'superset-kpi[{extra}]'"
    return None


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database; the server stops and its files go at the end."""
    home = Path(tempfile.mkdtemp(prefix="kpi-clickhouse-"))
    port = process.free_port()
    root = str(Path(__file__).parents[2])
    start = f"import sys; sys.path.insert(0, {root!r}); from tests.engines import clickhouse; "
    start += f"clickhouse.serve({port}, {str(home / 'data')!r})"
    try:
        with process.running(
            [sys.executable, "-c", start], home, lambda: process.answers(port), 600
        ):
            yield f"clickhousedb://default@127.0.0.1:{port}/default"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def serve(port: int, data: str) -> None:
    """Answers requests until the process is ended."""
    from chdb import session

    opened = session.Session(data)
    opened.query("create database if not exists default")
    opened.query("use default")
    for kind in ("expressions", "aggregate_expressions", "sort_description"):
        opened.query(f"set compile_{kind} = 0")  # a third of the time of tiny statements

    class Handler(_Handler):
        chdb = opened

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


class _Handler(BaseHTTPRequestHandler):
    # One request per connection: a client that is silent would keep the only process waiting.
    protocol_version = "HTTP/1.0"
    chdb: Any

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: failures go to the client."""

    def do_GET(self) -> None:
        if self.path.startswith("/ping"):
            self._reply(200, b"Ok.\n")
        else:
            self._run(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self._run(body)

    def _run(self, body: bytes) -> None:
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        statement = "".join(asked.get("query", [])) + body.decode()
        form = _FORMAT.search(statement)
        try:
            answer = self.chdb.query(
                _FORMAT.sub("", statement), form[1] if form else "TabSeparated"
            )
            content = answer.bytes() if answer is not None else b""
        except Exception as error:
            code = _CODE.search(str(error))
            headers = {"X-ClickHouse-Exception-Code": code[1] if code else "1"}
            self._reply(500, str(error).encode(), headers)
        else:
            self._reply(200, content, {"X-ClickHouse-Format": form[1] if form else "TabSeparated"})

    def _reply(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
