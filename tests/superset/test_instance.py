"""A fresh Superset, as the demo and these tests start from."""

from __future__ import annotations

from tests.superset.conftest import Instance


def test_every_role_of_superset_has_its_permissions(instance: Instance) -> None:
    from superset import security_manager

    with instance.app.app_context():
        roles = {role.name: len(role.permissions) for role in security_manager.get_all_roles()}
    assert {name for name, count in roles.items() if count} >= {
        "Admin", "Alpha", "Gamma", "sql_lab",
    }  # fmt: skip
