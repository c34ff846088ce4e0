"""The bundle as a zip that Superset's own import dialog, API and command line accept."""

from __future__ import annotations

import io
import uuid
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.mapping import Mapping
from superset_kpi.superset.bundle import IMPORT_VERSION, NAMESPACE, Bundle, build_bundle
from superset_kpi.superset.record import Tree, record

# Chosen by the importer: Superset looks for the connection by UUID and, where it has none of that
# UUID, makes one from this URI, which leads nowhere.
_PLACEHOLDER = {
    "bigquery": "bigquery://project",
    "clickhousedb": "clickhousedb://host/database",
    "databricks": "databricks://token:@host",
    "duckdb": "duckdb:///:memory:",
    "hive": "hive://host/database",
    "mssql": "mssql+pymssql://host/database",
    "mysql": "mysql://host/database",
    "oracle": "oracle://host",
    "postgresql": "postgresql://host/database",
    "redshift": "redshift+psycopg2://host/database",
    "snowflake": "snowflake://account/database",
    "sqlite": "sqlite://",
    "trino": "trino://host/catalog",
}


def export_zip(
    mapping: Mapping, folder: Path | None = None, database_uuid: str | None = None
) -> bytes:
    """Returns the archive. `database_uuid` is that of the connection which it is to be used on.

    Without it, or where the instance has no connection of that UUID, importing creates one named
    as in the mapping, to be completed under Settings, Database connections.
    """
    number = database_uuid or str(uuid.uuid5(NAMESPACE, f"database/{mapping.database}"))
    return zip_of(build_bundle(mapping, number, folder), database_tree(mapping, number))


def export_bound(mapping: Mapping, folder: Path | None = None) -> bytes:
    """Returns the archive for the connection that this instance has. Needs the application."""
    from superset_kpi.superset.installed import find_database
    from superset_kpi.superset.plan import bundle_for

    number = str(find_database(mapping).uuid)
    return zip_of(bundle_for(mapping, folder), database_tree(mapping, number))


def database_tree(mapping: Mapping, database_uuid: str) -> Tree:
    """Returns the connection as the import format wants it: without address or password."""
    return {
        "database_name": mapping.database,
        "sqlalchemy_uri": _PLACEHOLDER.get(mapping.dialect, f"{mapping.dialect}://"),
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {},
        "uuid": database_uuid,
        "version": IMPORT_VERSION,
    }


def zip_of(bundle: Bundle, database: Tree) -> bytes:
    """Returns the archive of a bundle; the same bundle gives the same files."""
    root = f"kpi_{bundle.mapping}"
    metadata = {"version": IMPORT_VERSION, "type": "Dashboard", "timestamp": _stamp()}
    files: dict[str, Any] = {
        "metadata.yaml": metadata,
        f"databases/{bundle.mapping}.yaml": database,
    }
    for kind, key, tree in bundle.trees():
        folder = {"dataset": "datasets", "chart": "charts", "dashboard": "dashboards"}[kind]
        known = record(bundle.mapping, kind, key, tree).text()
        inside = f"{bundle.mapping}/" if kind == "dataset" else ""
        name = f"{folder}/{inside}{key.replace('/', '_')}.yaml"
        files[name] = {**tree, "external_url": known}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(
                f"{root}/{name}", yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            )
    return archive.getvalue()


def _stamp() -> str:
    return datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds")
