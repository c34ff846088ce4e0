"""The bundle as a zip that Superset's own import dialog, API and command line accept."""

from __future__ import annotations

import io
import uuid
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping
from superset_kpi.superset.bundle import IMPORT_VERSION, Bundle, build_bundle
from superset_kpi.superset.looking import asker, look
from superset_kpi.superset.record import Tree, record
from superset_kpi.warehouse.connection import connection

# Superset's importer leaves a connection alone whose UUID the archive names. Any other it takes for
# the archive's by its name, and writes the archive's address over its own. This is no address, so
# that whatever would write it is refused. See docs/decisions.md#export.
_NO_ADDRESS = "none: an archive of superset-kpi is imported onto a connection that exists"


def export_zip(
    mapping: Mapping, database_uuid: str, folder: Path | None = None, looks: bool = False
) -> bytes:
    """Returns the archive for the connection of that UUID, in whatever instance has it.

    If it `looks` at the data, it does so through the mapping's url.
    """
    try:
        number = str(uuid.UUID(database_uuid))  # as Superset spells it
    except ValueError:
        raise KpiError(
            f"--database-uuid: {database_uuid!r} is not a UUID. "
            "Open /api/v1/database/ in Superset, which lists that of each connection."
        ) from None
    with connection(mapping) if looks else nullcontext() as opened:
        seen = look(mapping, asker(opened)) if opened else None
        bundle = build_bundle(mapping, number, folder, seen=seen)
    return zip_of(bundle, database_tree(mapping, number))


def export_bound(mapping: Mapping, folder: Path | None = None, looks: bool = False) -> bytes:
    """Returns the archive for the connection that this instance has. Needs the application.

    If it `looks` at the data, it does so through that connection.
    """
    from superset_kpi.superset.installed import find_database
    from superset_kpi.superset.plan import bundle_for, plan_of, refuse_clashes

    bundle = bundle_for(mapping, folder, looks=looks)
    refuse_clashes(plan_of(bundle, mapping.database))
    return zip_of(bundle, database_tree(mapping, str(find_database(mapping).uuid)))


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
    """Returns the archive of a bundle; the same bundle gives the same files."""
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
