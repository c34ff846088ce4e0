"""The bundle as a zip that Superset's own import dialog, API and command line accept."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import yaml

from superset_kpi.dashboards.bundle import IMPORT_VERSION, Bundle
from superset_kpi.dashboards.record import Tree, record
from superset_kpi.mapping import Mapping

# Superset's importer leaves a connection alone whose UUID the archive names. Any other it takes for
# the archive's by its name, and writes the archive's address over its own. This is no address, so
# that whatever would write it is refused. See docs/decisions.md#export.
_NO_ADDRESS = "none: an archive of superset-kpi is imported onto a connection that exists"


def database_tree(mapping: Mapping, database_uuid: str) -> Tree:
    """Returns the connection as the import format wants it: one to be found, never to be made."""
    return {
        "database_name": f"superset-kpi {mapping.name} {database_uuid}",
        "sqlalchemy_uri": _NO_ADDRESS,
        "extra": {},
        "uuid": database_uuid,
        "version": IMPORT_VERSION,
    }


def zip_of(bundle: Bundle, database: Tree) -> bytes:
    """Returns the archive of a bundle; the same bundle gives the same files.

    Saved queries are left out, which Superset imports from archives of their own only.
    """
    bundle = replace(bundle, queries={})
    root = f"kpi_{bundle.mapping}"
    metadata = {"version": IMPORT_VERSION, "type": "Dashboard", "timestamp": _stamp()}
    files: dict[str, Any] = {
        "metadata.yaml": metadata,
        f"databases/{bundle.mapping}.yaml": database,
    }
    for kind, key, tree in bundle.trees():
        folder = {"dataset": "datasets", "chart": "charts", "dashboard": "dashboards"}[kind]
        known = record(bundle.mapping, kind, key, tree)
        if kind == "dashboard":
            known = replace(known, members=frozenset(bundle.keys()))
        inside = f"{bundle.mapping}/" if kind == "dataset" else ""
        name = f"{folder}/{inside}{key.replace('/', '_')}.yaml"
        files[name] = {**tree, "external_url": known.text()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(
                f"{root}/{name}", yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            )
    return archive.getvalue()


def _stamp() -> str:
    return datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds")
