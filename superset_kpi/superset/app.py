"""Superset's application for commands that need it, without its chatter."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from superset_kpi.errors import KpiError
from superset_kpi.superset.environment import import_fault
from superset_kpi.superset.store import first_line, store_fault

CONFIG = "SUPERSET_CONFIG_PATH"


@contextlib.contextmanager
def app_context(verbose: bool = False) -> Iterator[Any]:
    """Yields the application inside its context: the current one, else that of the environment.

    The environment names the configuration as for Superset itself (`SUPERSET_CONFIG_PATH`, or a
    `superset_config.py` on the Python path). What keeps it from starting, and every fault of its
    metadata database, is a KpiError. Its log is shown where it is `verbose`.
    """
    from flask import current_app, has_app_context

    with _quiet(verbose) as told:
        if has_app_context():  # `superset kpi ...`
            with _faults_of_the_store():
                yield current_app
            return
        app = _create(told)
        with _faults_of_the_store(), app.app_context():
            yield app


@contextlib.contextmanager
def _faults_of_the_store() -> Iterator[None]:
    try:
        yield
    except KpiError:
        raise
    except Exception as error:
        fault = store_fault(error)
        if fault is None:
            raise
        raise fault from error


def require_superset() -> None:
    """Raises a KpiError where Superset is not installed."""
    if importlib.util.find_spec("superset") is None:
        raise KpiError(
            "superset: Apache Superset is not installed in this environment. "
            "Run the command where Superset runs, or pip install 'superset-kpi[superset]'."
        )


def _create(told: list[str]) -> Any:
    require_superset()
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            from superset.app import create_app

            return create_app()
    except SystemExit as error:
        raise _no_start(error, told) from error
    except Exception as error:
        raise _no_start(error, told) from error


def _no_start(error: BaseException, told: list[str]) -> KpiError:
    """Returns why Superset does not start, and what to do."""
    named = os.environ.get(CONFIG)
    on_path = importlib.util.find_spec("superset_config")
    file = named or (on_path.origin if on_path else None)
    if named and not Path(named).is_file():
        return KpiError(f"superset: {CONFIG} names no file, {named!r}. Correct it.")
    if any("insecure SECRET_KEY" in text for text in told):
        if file is None:
            return KpiError(
                "superset: no configuration is named, and without one Superset does not start. "
                f"Set {CONFIG} to the superset_config.py of your Superset, or run "
                "`superset kpi ...` where it runs."
            )
        return KpiError(
            f"superset: {file} sets no SECRET_KEY, and without one Superset does not start. "
            "Set it to that of your running Superset."
        )
    if fault := store_fault(error, told):
        return fault
    what = first_line(f"{type(error).__name__}: {error}")
    if file and _is_in(error, file):
        return KpiError(f"superset: the configuration {file} cannot be used ({what}). Correct it.")
    if known := import_fault(error):
        return KpiError(f"superset: {known.found} {known.remedy}")
    return KpiError(
        f"superset: it does not start ({what}). "
        "Run the command with --verbose before its name to see Superset's log."
    )


def _is_in(error: BaseException, file: str) -> bool:
    """Returns whether an error arose in the file, or in what it called."""
    frames = traceback.extract_tb(error.__traceback__)
    names = {frame.filename for frame in frames} | {getattr(error, "filename", None) or ""}
    return str(Path(file).absolute()) in {str(Path(name).absolute()) for name in names if name}


class _Log(logging.Handler):
    """Keeps what Superset logs, and shows only what this package says itself."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a record."""
        text = record.getMessage()
        self.told.append(text)
        del self.told[:-100]
        if record.name.split(".")[0] == "superset_kpi":
            sys.stderr.write(f"{text}\n")


@contextlib.contextmanager
def _quiet(verbose: bool) -> Iterator[list[str]]:
    """Keeps Superset's log and Python's warnings off the terminal; yields what was logged."""
    if verbose:
        yield []
        return
    root, log = logging.getLogger(), _Log()
    others = list(root.handlers)
    # Superset adds no handler of its own where there is one.
    root.handlers[:] = [log]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield log.told
    finally:
        root.handlers[:] = others
