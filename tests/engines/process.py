"""What the private servers share: a free port, an account that is not root, a child that ends."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def account(*preferred: str) -> pwd.struct_passwd | None:
    """The account to run as: ourselves, or for root the first preferred one that exists."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((accounts[name] for name in (*preferred, "nobody") if name in accounts), None)


def as_account(entry: pwd.struct_passwd) -> dict[str, object]:
    """Arguments of subprocess that change the account; none where it is ours already."""
    if os.geteuid() == entry.pw_uid:
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def running(
    command: list[str],
    home: Path,
    is_ready: Callable[[], bool],
    seconds: float,
    **arguments: object,
) -> Iterator[None]:
    """Runs the command until the end of the block; its output is in `home/server.log`.

    The process and its children form a group of their own, which is ended as one.
    """
    log = home / "server.log"
    with log.open("w") as output:
        child = subprocess.Popen(
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **arguments,
        )
    try:
        _wait(child, is_ready, seconds, log)
        yield
    finally:
        _end(child)


def _wait(
    child: subprocess.Popen[bytes], is_ready: Callable[[], bool], seconds: float, log: Path
) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise RuntimeError(f"{Path(child.args[0]).name} did not start. Its output: {tail}")
        time.sleep(0.1)


def _end(child: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
        except ProcessLookupError:
            break
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
    child.wait(timeout=10)


def answers(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
