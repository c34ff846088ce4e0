"""A fresh Superset instance: its tables, roles, an administrator and a database connection.

The demo and the tests start from here; on an organisation's own instance its admin did all this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any


def new_app() -> Any:
    """Returns Superset's application, configured by SUPERSET_CONFIG_PATH and SUPERSET_HOME."""
    from superset.app import create_app

    return create_app()


def migrate(app: Any) -> None:
    """Creates or upgrades Superset's own tables, as `superset db upgrade` does."""
    import superset
    from flask_migrate import upgrade

    migrations = Path(superset.__file__).parent / "migrations"
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        upgrade(directory=str(migrations))
    # The migrations' logging configuration switches off every logger that was there before.
    for known in logging.Logger.manager.loggerDict.values():
        if isinstance(known, logging.Logger):
            known.disabled = False


def set_up_roles(app: Any) -> None:
    """Writes roles and permissions, as `superset init` does."""
    from superset import appbuilder, db, security_manager

    with app.app_context():
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        db.session.commit()  # else the roles' permissions are not kept


def set_up_user(app: Any, name: str, password: str, role: str = "Admin") -> None:
    """Creates the account unless there is one of that name."""
    from superset import security_manager

    with app.app_context():
        if security_manager.find_user(name) is None:
            security_manager.add_user(
                username=name,
                first_name=name.capitalize(),
                last_name="Demo",
                email=f"{name}@example.com",
                role=security_manager.find_role(role),
                password=password,
            )


def set_up_database(app: Any, name: str, url: str) -> None:
    """Creates the database connection of that name, or points it at the URL."""
    from superset.extensions import db
    from superset.models.core import Database

    with app.app_context():
        database = db.session.query(Database).filter_by(database_name=name).one_or_none()
        if database is None:
            database = Database(database_name=name, expose_in_sqllab=True)
            db.session.add(database)
        database.set_sqlalchemy_uri(url)
        db.session.commit()
        _grant(database)


def _grant(database: Any) -> None:
    """Writes the permissions that Superset's own dialog would write for the connection."""
    from superset import security_manager
    from superset.extensions import db

    security_manager.add_permission_view_menu("database_access", database.perm)
    db.session.commit()


def fresh_instance(app: Any, progress: Callable[[str], None] = lambda line: None) -> None:
    """Makes an empty metadata store one that people can log in to, with the account admin/admin."""
    progress("Superset: creating its tables")
    migrate(app)
    progress("Superset: writing roles and permissions")
    set_up_roles(app)
    set_up_user(app, "admin", "admin")
