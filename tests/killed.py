"""A process that dies in the middle of its work, as by a power cut: at a planned point, at once.

Points are before each statement, each commit, and each file that takes the place of another.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

Work = Callable[[], object]


def points(work: Work) -> int:
    """How many points the work has; it is done."""
    passed = 0

    def count() -> None:
        nonlocal passed
        passed += 1

    listener = _at_each_point(count)
    try:
        work()
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, listener)
    return passed


def dies(work: Work, after: int) -> bool:
    """Whether a process dies after so many points of the work, or does all of it, having fewer."""
    code = ended(started(work, after))
    assert code in (0, -signal.SIGKILL), f"the work failed by itself: exit {code}"
    return code != 0


def started(work: Work, dies_after: int = 1_000_000) -> int:
    """The process that does the work; it ends with 1 where that fails."""
    child = os.fork()
    if child:
        return child
    left, replace = dies_after, os.replace

    def reached() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def replaced(*names: Any) -> None:
        reached()
        replace(*names)

    os.replace = replaced
    _at_each_point(reached)
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def ended(process: int) -> int:
    """The exit code, which is negative for a signal; waits."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _at_each_point(do: Callable[[], None]) -> Callable[..., None]:
    def reached(*_: Any) -> None:
        do()

    event.listen(Engine, "before_cursor_execute", reached)
    event.listen(Engine, "commit", reached)
    return reached
