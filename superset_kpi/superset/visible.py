"""What a message may tell the user whose template is rendered: nothing of other databases."""

from __future__ import annotations

from superset_kpi.mapping import Mapping


def sees_everything() -> bool:
    """Returns whether it is an administrator, or nobody's template at all (no application)."""
    from flask import g, has_app_context

    if not has_app_context():
        return True
    from superset import security_manager

    return getattr(g, "user", None) is not None and bool(security_manager.is_admin())


def visible(mappings: dict[str, Mapping]) -> dict[str, Mapping]:
    """Returns the mappings whose database the user may use."""
    if sees_everything():
        return mappings
    from superset import db, security_manager
    from superset.models.core import Database

    names = {mapping.database for mapping in mappings.values()}
    found = db.session.query(Database).filter(Database.database_name.in_(names))
    usable = {d.database_name for d in found if security_manager.can_access_database(d)}
    return {name: mapping for name, mapping in mappings.items() if mapping.database in usable}
