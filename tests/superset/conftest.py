"""One Superset application for all tests of this folder; each module gets a fresh store.

Migrating a store takes long, so a migrated one is kept in pytest's cache, by Superset's version.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.mapping.models import models_path
from tests.engines.postgres import new_database

HERE = Path(__file__).parent
GALLERY = HERE / "dashboards"
PASSWORD = "secret"


@dataclass
class Instance:
    """The application, and what the tests do with it over its API as a user would."""

    app: Any
    home: Path
    clients: dict[str, Any] = field(default_factory=dict)

    def mappings(self) -> dict[str, Mapping]:
        return read_mappings(self.home / "kpi.yaml")

    def client(self, user: str = "admin") -> Any:
        """A client with the user logged in."""
        if user not in self.clients:
            client = self.clients[user] = self.app.test_client()
            answer = client.post("/login/", data={"username": user, "password": PASSWORD})
            assert answer.status_code == 302, answer.data
        return self.clients[user]

    def database_id(self, name: str) -> int:
        from superset import db
        from superset.models.core import Database

        with self.app.app_context():
            return int(db.session.query(Database.id).filter_by(database_name=name).scalar())

    def forget_rows(self) -> None:
        """Empties the cache of query results."""
        from superset.extensions import cache_manager

        with self.app.app_context():
            cache_manager.data_cache.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.superset)


@pytest.fixture(scope="session")
def application(
    tmp_path_factory: pytest.TempPathFactory, demo_warehouse: Path, request: pytest.FixtureRequest
) -> Instance:
    """The application on a migrated store with the account admin; started once."""
    _require_superset()
    home = tmp_path_factory.mktemp("superset")
    shutil.copy(demo_warehouse, home / "warehouse.duckdb")
    (home / "kpi.yaml").write_text(yaml.safe_dump(_mapping_file()), encoding="utf-8")
    shutil.copy(models_path(MAPPING_FILE), home)
    store, kept = home / "superset.db", kept_store(request) or home / "migrated.db"
    if kept.exists():
        shutil.copy(kept, store)
    os.environ |= {
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_KPI_TEST_HOME": str(home),
    }
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from superset.app import create_app

    from superset_kpi.superset.instance import migrate, set_up_roles, set_up_user

    app = create_app()
    _remember_parses()
    if not kept.exists():
        migrate(app)
        set_up_roles(app)
        set_up_user(app, "admin", PASSWORD)
        _disconnect(app)
        shutil.copy(store, part := kept.with_suffix(f".{os.getpid()}"))
        part.rename(kept)
    shutil.copy(kept, home / "empty.db")
    return Instance(app, home)


def _remember_parses() -> None:
    """Has Superset copy the tree of a statement that it parsed a moment ago.

    It parses each of a chart several times, which took a third of the time of these tests.
    """
    from superset.sql.parse import SQLStatement

    parsed = lru_cache(maxsize=8)(SQLStatement._parse.__func__)

    def parse(cls: type, script: str, engine: str) -> list[Any]:
        return [tree and tree.copy() for tree in parsed(cls, script, engine)]

    SQLStatement._parse = classmethod(parse)


@pytest.fixture(scope="module")
def instance(application: Instance) -> Instance:
    """The application with nothing in it but an administrator and the database connections."""
    from superset_kpi.superset.instance import set_up_database

    _disconnect(application.app)
    shutil.copy(application.home / "empty.db", application.home / "superset.db")
    application.forget_rows()
    application.clients.clear()
    url = f"duckdb:///{application.home}/warehouse.duckdb?access_mode=READ_ONLY"
    for name in ("Telecom warehouse", "Shop warehouse", "Unmapped", "Wrong"):
        set_up_database(application.app, name, url)
    return application


@pytest.fixture(scope="module")
def instance_on_postgresql(
    application: Instance, engine_url: Callable[[str], str]
) -> Iterator[Instance]:
    """The application with its store in PostgreSQL, and nothing in it but an administrator.

    SQLite's store holds one dataset of a name, whatever its schema.
    """
    from superset_kpi.superset.instance import migrate, set_up_roles, set_up_user

    app, server = application.app, engine_url("postgres")
    before = app.config["SQLALCHEMY_DATABASE_URI"]
    _disconnect(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = new_database(server, "superset")
    application.forget_rows()
    application.clients.clear()
    _write_accounts(app)
    migrate(app)
    set_up_roles(app)
    set_up_user(app, "admin", PASSWORD)
    yield application
    _disconnect(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = before
    application.clients.clear()


def _write_accounts(app: Any) -> None:
    """Makes the tables of accounts, as a starting application does, for migrations to build on."""
    from flask_appbuilder import Model
    from superset import db, security_manager

    with app.app_context():
        for table in Model.metadata.sorted_tables:
            if table.name.startswith("ab_"):
                table.create(db.engine)
        security_manager.create_db()


@pytest.fixture
def telecom(instance: Instance) -> Mapping:
    """The mapping with all tables."""
    return instance.mappings()["telecom"]


@pytest.fixture
def sql_lab(instance: Instance) -> Callable[..., Any]:
    """A function from SQL to rows, or to the message that SQL Lab shows instead."""

    def run(sql: str, database: str = "Telecom warehouse", user: str = "admin", **more: Any) -> Any:
        number = instance.database_id(database)
        body = {"database_id": number, "sql": sql, "runAsync": False, "queryLimit": 1000, **more}
        body["client_id"] = os.urandom(5).hex()
        answer = instance.client(user).post("/api/v1/sqllab/execute/", json=body).get_json()
        return answer["data"] if "data" in answer else answer["errors"][0]["message"]

    return run


def chart_data(client: Any, dataset_id: int, **query: Any) -> Any:
    """The rows of an ad hoc chart on a dataset, or the message instead."""
    body = {
        "datasource": {"id": dataset_id, "type": "table"},
        "queries": [{"columns": [], "metrics": [], "row_limit": 1000, **query}],
        "result_format": "json",
        "result_type": "full",
    }
    answer = client.post("/api/v1/chart/data", json=body).get_json()
    if "result" in answer:
        return answer["result"][0]["data"] or answer["result"][0]["error"]
    return answer.get("message") or answer["errors"][0]["message"]


CLAUSES = {"anna": "client_no < 103000", "bert": "client_no >= 103000"}


def divide_customers(instance: Instance, base: Collection[str] = ()) -> list[str]:
    """Gives anna the older half of customers and bert the newer, in every table that has any.

    The rules of users in `base` are base rules, which are for all but the others' roles. Returns
    the tables.
    """
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database

    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name="Telecom warehouse").one()
        names = [name for name, *_ in database.get_all_table_names_in_schema(None, "telecom")]
        tables = []
        for name in sorted(names):
            table = SqlaTable(table_name=name, schema="telecom", database=database)
            db.session.add(table)
            table.fetch_metadata()
            if any(column.column_name == "client_no" for column in table.columns):
                tables.append(table)
        db.session.commit()
        for user in CLAUSES:
            add_reader(user)
        for user, clause in CLAUSES.items():
            add_rule(user, clause, [table.id for table in tables], is_base=user in base)
        return [table.table_name for table in tables]


def add_rule(user: str, clause: str, datasets: Collection[int], is_base: bool) -> None:
    """A new rule for one of the two users. Needs the application."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

    roles = {each: security_manager.find_role(f"customers of {each}") for each in CLAUSES}
    others = [role for each, role in roles.items() if each != user]
    rule = RowLevelSecurityFilter(
        name=f"customers of {user} in {', '.join(map(str, datasets))}",
        filter_type="Base" if is_base else "Regular",
        clause=clause,
        roles=[security_manager.find_role("Admin"), *others] if is_base else [roles[user]],
        tables=db.session.query(SqlaTable).filter(SqlaTable.id.in_(datasets)).all(),
    )
    db.session.add(rule)
    db.session.commit()


def add_reader(user: str) -> Any:
    """A new user who may read all, and the role that rules are tied to. Needs the application."""
    from superset import security_manager

    role = security_manager.add_role(f"customers of {user}")
    roles = [*map(security_manager.find_role, ("Alpha", "sql_lab")), role]
    email = f"{user}@example.com"
    assert security_manager.add_user(user, user, "", email, roles, password=PASSWORD)
    return role


def installed_charts(instance: Instance, mapping: str) -> dict[str, int]:
    """The ids of the charts that are installed for the mapping, by key."""
    from superset_kpi.superset.installed import recorded

    with instance.app.app_context():
        return {each.key: each.model.id for each in recorded(mapping) if each.kind == "chart"}


def _mapping_file() -> dict[str, Any]:
    """The demo's mappings: one has its own database, two share one, one is in a wrong dialect."""
    body = yaml.safe_load(MAPPING_FILE.read_text(encoding="utf-8"))
    body["telecom"]["database"] = "Telecom warehouse"
    body["retail"]["database"] = body["cdnow"]["database"] = "Shop warehouse"
    body["wrong"] = {**body["cdnow"], "database": "Wrong", "dialect": "postgresql"}
    for mapping in body.values():
        mapping.pop("url", None)
    return dict(body)


def kept_store(request: pytest.FixtureRequest) -> Path | None:
    """Where pytest's cache keeps a migrated store; null where it keeps nothing."""
    from superset_kpi.superset import instance

    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    if cache is None:
        return None
    made_by = hashlib.sha256(Path(instance.__file__).read_bytes()).hexdigest()[:8]
    return Path(cache.mkdir("superset")) / f"store-{version('apache-superset')}-{made_by}.db"


def _disconnect(app: Any) -> None:
    from superset import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _require_superset() -> None:
    if importlib.util.find_spec("superset") is not None:
        return
    reason = "superset: Apache Superset is not installed. pip install 'superset-kpi[superset]'"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
