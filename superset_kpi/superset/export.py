"""The archive of a mapping's dashboards, for a connection that some Superset has."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from pathlib import Path

from superset_kpi.dashboards.archive import database_tree, zip_of
from superset_kpi.dashboards.bundle import build_bundle
from superset_kpi.dashboards.looking import asker, look
from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping
from superset_kpi.superset.app import require_superset
from superset_kpi.warehouse.connection import connection


def export_zip(
    mapping: Mapping, database_uuid: str, folder: Path | None = None, looks: bool = False
) -> bytes:
    """Returns the archive for the connection of that UUID, in whatever instance has it.

    If it `looks` at the data, it does so through the mapping's url. Needs Superset's package, not
    the application.
    """
    try:
        number = str(uuid.UUID(database_uuid))  # as Superset spells it
    except ValueError:
        raise KpiError(
            f"--database-uuid: {database_uuid!r} is not a UUID. "
            "Open /api/v1/database/ in Superset, which lists that of each connection."
        ) from None
    require_superset()
    from superset_kpi.superset.query_context import query_context

    with connection(mapping) if looks else nullcontext() as opened:
        seen = look(mapping, asker(opened)) if opened else None
        bundle = build_bundle(mapping, number, query_context, folder, seen=seen)
    return zip_of(bundle, database_tree(mapping, number))


def export_bound(mapping: Mapping, folder: Path | None = None, looks: bool = False) -> bytes:
    """Returns the archive for the connection that this instance has. Needs the application.

    If it `looks` at the data, it does so through that connection.
    """
    from superset_kpi.superset.installed import find_database
    from superset_kpi.superset.plan import bundle_for, plan_of, refuse_clashes

    bundle = bundle_for(mapping, folder, looks=looks)
    refuse_clashes(plan_of(bundle, mapping))
    return zip_of(bundle, database_tree(mapping, str(find_database(mapping).uuid)))
