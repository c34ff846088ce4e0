"""One transaction on Superset's metadata, run as a user. Needs the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from superset_kpi.errors import KpiError


@contextmanager
def transaction(owner: str | None = None) -> Iterator[None]:
    """Runs the block as the owner, else an administrator; commits what it did, or nothing of it."""
    from flask import g
    from superset import db

    before = getattr(g, "user", None)
    g.user = find_owner(owner)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        g.user = before


def find_owner(name: str | None) -> Any:
    """Returns the user of that name, or the first active administrator."""
    from superset import security_manager

    if name is not None:
        user = security_manager.find_user(username=name)
        if user is None:
            raise KpiError(f"owner: there is no user {name!r}. Name an existing one.")
        return user
    role = security_manager.find_role(security_manager.auth_role_admin)
    active = [user for user in (role.user if role else ()) if user.is_active]
    if not active:
        raise KpiError("owner: Superset has no active administrator. Create one, or name an owner.")
    return min(active, key=lambda user: user.id)
