"""A small shop on PostgreSQL, its readers, and what each of them is shown of it.

Anna's role has rules that leave the north, Bert's the south. Clara may use the shop's connection
and no other; no rule is about her.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
import yaml
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.resources import dashboards
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from tests.engines.postgres import new_database
from tests.superset.conftest import GALLERY, PASSWORD, Instance, chart_data

DATABASE, OTHER = "Retail", "Books"
ROLES = {"anna": "north", "bert": "south"}

# A view of as many bytes as PostgreSQL keeps of a name.
VIEW = f"retail.{'all_ratings_'.ljust(63, 'x')}"

# 24 customers of the north who are content, and 16 of the south who are not, 5 of them at a kiosk.
# The outlet has tables of the same names.
TABLES = f"""
create schema retail;
create schema outlet;
create table retail.customers (customer_no integer primary key, region text, shop text);
create table retail.purchases
    (purchase_no integer primary key, customer_no integer, bought_at timestamp, amount numeric);
create table retail.ratings (
    rating_no integer primary key, customer_no integer, region text, shop text, points integer,
    given date
);
create table outlet.customers (customer_no integer primary key, region text);
create table outlet.purchases (purchase_no integer primary key, customer_no integer);
insert into retail.customers
select n, case when n <= 24 then 'north' else 'south' end,
    case when n <= 24 then 'Pier' when n <= 35 then 'Mill' else 'Kiosk' end
from generate_series(1, 40) as n;
insert into retail.purchases
select 3 * n + k, n, timestamp '2026-01-15' + interval '1 month' * k, 20
from generate_series(1, 40) as n cross join generate_series(0, 2) as k;
insert into retail.ratings
select customer_no, customer_no, region, shop, case region when 'north' then 10 else 4 end,
    date '2026-05-01' + customer_no
from retail.customers;
create view {VIEW} as select * from retail.ratings;
insert into outlet.customers select n, 'north' from generate_series(1, 5) as n
"""
PHYSICAL = (
    *("retail.customers", "retail.purchases", "retail.ratings"),
    *("outlet.customers", "outlet.purchases", VIEW),
)
OF_PEOPLE = PHYSICAL[:3]
EVERYBODY = {"customers": 40, "purchases": 120, "answers": 40}
NORTH = {"customers": 24, "purchases": 72, "answers": 24}
SOUTH = {"customers": 16, "purchases": 48, "answers": 16}


def tables() -> dict[str, Any]:
    """The tables of the shop's mapping."""
    key = {"customer_id": "customer_no"}
    return {
        "customers": {"table": "retail.customers", "columns": key},
        "segment_membership": {
            "table": "retail.customers",
            "columns": {**key, "scheme": {"constant": "Shop"}, "segment": "shop"},
        },
        "transactions": {
            "table": "retail.purchases",
            "columns": {
                **key,
                "transaction_id": "purchase_no",
                "occurred_at": "bought_at",
                "amount": "amount",
            },
        },
        "ratings": {
            "table": "retail.ratings",
            "columns": {
                **key,
                "rating_id": "rating_no",
                "metric": {"constant": "experience"},
                "rating": "points",
                "responded_at": "given",
            },
        },
    }


def within(region: str) -> dict[str, str]:
    """A clause for each table of people that leaves one region, as the security page writes it."""
    of_customers = f"select customer_no from retail.customers where region = '{region}'"
    return {
        "retail.customers": f"region = '{region}'",
        "retail.purchases": f"customer_no in ({of_customers})",
        "retail.ratings": f"customer_no in ({of_customers})",
    }


@dataclass(frozen=True)
class Shop:
    """The instance, the warehouse's URL, the dashboards, and the ids of the tables' datasets."""

    instance: Instance
    url: str
    folder: Path
    datasets: dict[str, int]

    @property
    def file(self) -> Path:
        return self.instance.home / "kpi.yaml"

    def mapping(self) -> Mapping:
        """The mapping as the file of the instance has it now."""
        return read_mappings(self.file)["retail"]

    @contextmanager
    def mapped(self, change: Callable[[dict[str, Any]], object], **keys: Any) -> Iterator[Mapping]:
        """The mapping with a change to its tables, and other keys, as long as the block runs."""
        before = self.file.read_text(encoding="utf-8")
        body = yaml.safe_load(before)
        change(body["retail"]["tables"])
        body["retail"] |= keys
        self.file.write_text(yaml.safe_dump(body), encoding="utf-8")
        try:
            yield self.mapping()
        finally:
            self.file.write_text(before, encoding="utf-8")

    def install(self, mapping: Mapping | None = None) -> None:
        """Installs the dashboards for the mapping, by default that of the file as it is now."""
        with self.instance.app.app_context():
            install(mapping or self.mapping(), self.folder)
        self.instance.forget_rows()

    @contextmanager
    def rules(self, role: str, clauses: dict[str, str]) -> Iterator[None]:
        """A rule for the role on each table, as long as the block runs."""
        from superset import db, security_manager
        from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

        with self.instance.app.app_context():
            made = [
                RowLevelSecurityFilter(
                    name=f"{role} in {table}",
                    filter_type="Regular",
                    clause=clause,
                    roles=[security_manager.find_role(role)],
                    tables=[db.session.get(SqlaTable, self.datasets[table])],
                )
                for table, clause in clauses.items()
            ]
            db.session.add_all(made)
            db.session.commit()
            numbers = [rule.id for rule in made]
        self.instance.forget_rows()
        try:
            yield
        finally:
            with self.instance.app.app_context():
                for number in numbers:
                    db.session.delete(db.session.get(RowLevelSecurityFilter, number))
                db.session.commit()
            self.instance.forget_rows()

    @contextmanager
    def halves(self) -> Iterator[None]:
        """The rules of Anna's and Bert's roles on every table of people."""
        with self.rules("north", within("north")), self.rules("south", within("south")):
            yield

    def command(self, *arguments: str) -> Result:
        """What the command line says inside the application, of the mapping in its file."""
        with self.instance.app.app_context():
            return CliRunner().invoke(superset_group, arguments)

    def dataset(self, key: str) -> int:
        """The id of an installed dataset."""
        with self.instance.app.app_context():
            return next(d.model.id for d in recorded("retail", "dataset") if d.key == key)

    def shown(self, user: str) -> Any:
        """What the installed datasets show a user of all customers, by the chart data API."""
        client, everybody = self.instance.client(user), of_scheme("All customers")
        worth, scores = self.dataset("worth"), self.dataset("scores")
        sums = [metric(f"sum({name})", name) for name in ("customers", "purchases")]
        (of_worth,) = chart_data(client, worth, metrics=sums, filters=everybody)
        (of_scores,) = chart_data(client, scores, metrics=["answers"], filters=everybody)
        return {name: int(n or 0) for name, n in {**of_worth, **of_scores}.items()}


def of_scheme(scheme: str) -> list[dict[str, str]]:
    """The filter that leaves the rows of one scheme."""
    return [{"col": "scheme", "op": "==", "val": scheme}]


def metric(sql: str, label: str) -> dict[str, str]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": label}


def open_shop(instance: Instance, server: str, folder: Path) -> Shop:
    """Makes the warehouse, a database of its own on the server, and all that is about it.

    The dashboards, which are written to the folder, have the shipped metrics of single answers.
    """
    from superset import db, security_manager
    from superset.models.core import Database

    from superset_kpi.superset.instance import set_up_database

    url = new_database(server, "shop")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(TABLES)
    engine.dispose()
    for name in (DATABASE, OTHER):
        set_up_database(instance.app, name, url)
    body = {
        "database": DATABASE,
        "dialect": "postgresql",
        "url": url,
        "as_of": dt.date(2026, 6, 30),
        "scales": {"experience": {"lo": 0, "hi": 10}},
        "tables": tables(),
    }
    file = instance.home / "kpi.yaml"
    other = {**body, "database": OTHER, "tables": tables()}
    file.write_text(yaml.safe_dump({"retail": body, "books": other}), encoding="utf-8")
    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name=DATABASE).one()
        may_use = security_manager.add_permission_view_menu("database_access", database.perm)
        security_manager.add_permission_role(security_manager.add_role("clerk"), may_use)
        for user, roles in (
            *((user, ("Alpha", "sql_lab", role)) for user, role in ROLES.items()),
            ("clara", ("Gamma", "sql_lab", "clerk")),
        ):
            given = [security_manager.add_role(name) for name in roles]
            email = f"{user}@example.com"
            assert security_manager.add_user(user, user, "", email, given, password=PASSWORD)
        db.session.commit()
    datasets = {}
    for table in PHYSICAL:  # as the dialog does, which writes the catalog
        schema, name = table.split(".")
        about = {"database": instance.database_id(DATABASE), "schema": schema, "table_name": name}
        answer = instance.client().post("/api/v1/dataset/", json=about)
        assert answer.status_code == 201, answer.data
        datasets[table] = int(answer.get_json()["id"])
    return Shop(instance, url, _two_charts(folder / "dashboards"), datasets)


def _two_charts(folder: Path) -> Path:
    """The gallery with a score and a table of sums, and the shipped metrics of single answers."""
    shutil.copytree(GALLERY, folder)
    for path in (folder / "gallery/charts").glob("*.yaml"):
        if path.stem not in ("total", "table_sums"):
            path.unlink()
    layout = [{"row": [{"chart": "total"}, {"chart": "table_sums"}]}]
    body = {"title": "Two charts", "description": "A score, and sums.", "layout": layout}
    (folder / "gallery/dashboard.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    shutil.copy(dashboards() / "datasets/experience_scores.yaml", folder / "datasets/scores.yaml")
    return folder
