"""Does a database connection of Superset answer? One statement says it before any chart does."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import make_url

from superset_kpi.dialects import KNOWN
from superset_kpi.dialects.vocabulary import Driver
from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping
from superset_kpi.warehouse.connection import why

MYSQL = (
    "pip install mysqlclient; or, with PyMySQL, let the connection's URI begin with "
    "mysql+pymysql:// and end superset_config.py with configure(globals())."
)


def require_answer(mapping: Mapping, database: Any) -> None:
    """Runs a statement on the connection; where none comes back it is a KpiError."""
    if fault := silence(database):
        raise KpiError(f"{mapping.name}.database: {' '.join(fault)}")


def silence(database: Any) -> tuple[str, str] | None:
    """Returns what keeps the connection from answering, and what to do; None where it answers."""
    from flask import current_app
    from superset.exceptions import OAuth2RedirectError
    from superset.utils.core import timeout

    seconds = current_app.config["TEST_DATABASE_CONNECTION_TIMEOUT"].total_seconds()
    try:
        with timeout(seconds=int(seconds)):
            # The way of a chart's rows: a driver may be missing for their types alone.
            database.get_df(driver_of(database.db_engine_spec.engine).question)
    except OAuth2RedirectError:
        return None  # everybody logs in for themselves
    except Exception as error:  # whatever a driver raises
        return _silence(database, error)
    return None


def _silence(database: Any, error: BaseException) -> tuple[str, str]:
    from sqlalchemy.exc import NoSuchModuleError

    name, engine = database.database_name, database.db_engine_spec.engine
    found: BaseException | None = error
    while found is not None and not isinstance(found, (ModuleNotFoundError, NoSuchModuleError)):
        found = found.__cause__ or found.__context__
    if found is not None:
        extra = driver_of(engine).extra
        package = getattr(found, "name", None) or f"for {engine}"
        install = f"pip install 'superset-kpi[{extra}]'" if extra else "Install it"
        remedy = MYSQL if package == "MySQLdb" else f"{install} where Superset runs."
        return f"Superset lacks the driver {package} of the connection {name!r}.", remedy
    reason = why(error, make_url(database.sqlalchemy_uri_decrypted)).rstrip(".")
    return (
        f"The connection {name!r} does not answer ({reason}).",
        "Correct it in Superset under Settings, Database connections, and make sure that its "
        "server is running.",
    )


def driver_of(engine: str) -> Driver:
    """Returns how Superset's engine of this very name is reached."""
    known = KNOWN.get(engine)
    return known.driver if known and known.engine == engine else Driver()


def holds_its_file(database: Any) -> bool:
    """Returns whether a connection keeps other processes from opening its file, as DuckDB does."""
    url = make_url(database.sqlalchemy_uri_decrypted)
    place = url.database or ":memory:"
    is_file = not place.startswith((":memory:", "md:"))
    if not is_file or not driver_of(url.get_backend_name()).locks_files:
        return False
    arguments = database.get_extra().get("engine_params", {}).get("connect_args", {})
    modes = (url.query.get("access_mode"), arguments.get("config", {}).get("access_mode"))
    is_shared = any(str(mode).upper() == "READ_ONLY" for mode in modes)
    return not is_shared and not arguments.get("read_only")
