"""Superset's application for commands that need it, without its chatter on stdout."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from superset_kpi.errors import KpiError


@contextlib.contextmanager
def app_context() -> Iterator[Any]:
    """Yields the application inside its context: the current one, else that of the environment.

    The environment names the configuration as for Superset itself (`SUPERSET_CONFIG_PATH`, or a
    `superset_config.py` on the Python path).
    """
    from flask import current_app, has_app_context

    if has_app_context():  # `superset kpi ...`
        yield current_app
        return
    app = _create()
    with app.app_context():
        yield app


def _create() -> Any:
    if importlib.util.find_spec("superset") is None:
        raise KpiError(
            "superset: Apache Superset is not installed in this environment. "
            "Run the command where Superset runs, or pip install 'superset-kpi[superset]'."
        )
    logging.disable(logging.WARNING)
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            from superset.app import create_app

            app = create_app()
    except Exception as error:
        from superset_kpi.superset.doctor import import_fault

        known = import_fault(error)
        if known is None:
            raise
        raise KpiError(f"superset: {known.found} {known.remedy}") from error
    finally:
        logging.disable(logging.NOTSET)
    logging.getLogger().setLevel(logging.WARNING)
    # Superset's own models warn on every import of a dataset.
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    return app
