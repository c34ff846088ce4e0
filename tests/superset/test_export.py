"""The archive: Superset's own import takes it, and the installer knows what came that way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping, changed
from superset_kpi.superset.export import export_bound, export_zip
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.plan import plan
from superset_kpi.superset.removal import uninstall
from tests.superset.conftest import GALLERY, Instance


def import_zip(
    instance: Instance, archive: bytes, kind: str = "dashboard", overwrite: bool = True
) -> tuple[int, Any]:
    """Sends the archive as the import dialog does."""
    field = "bundle" if kind == "assets" else "formData"
    answer = instance.client().post(
        f"/api/v1/{kind}/import/",
        data={field: (io.BytesIO(archive), "all.zip"), "overwrite": str(overwrite).lower()},
        content_type="multipart/form-data",
    )
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("folder", [None, GALLERY], ids=["shipped", "gallery"])
def test_an_empty_instance_imports_the_archive_on_its_own_connection(
    instance: Instance, telecom: Mapping, folder: Path | None
) -> None:
    with instance.app.app_context():
        archive = export_bound(telecom, folder)
        before = database(instance, "Telecom warehouse")
    assert import_zip(instance, archive) == (200, {"message": "OK"})
    assert database(instance, "Telecom warehouse") == before
    client = instance.client()
    for number in one_chart_of_each_dataset(instance):
        answer = client.get(f"/api/v1/chart/{number}/data/")
        assert answer.status_code == 200, answer.get_json()
    with instance.app.app_context():
        steps = plan(telecom, folder).steps
        assert {step.action for step in steps if step.kind != "query"} == {"keep"}
        # Superset imports no saved queries with dashboards, and none counts as deleted.
        assert {step.action for step in steps if step.kind == "query"} <= {"create"}
        assert not any(removal.reason for removal in uninstall("telecom"))


@pytest.fixture
def guarded(
    instance: Instance, telecom: Mapping, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mapping]:
    """A mapping on a connection that has everything which an import could change.

    Nothing answers there, so nobody asks.
    """
    monkeypatch.setattr("superset_kpi.superset.plan.require_answer", lambda *asked: None)
    from superset import db
    from superset.models.core import Database

    with instance.app.app_context():
        connection = Database(
            database_name="Guarded",
            verbose_name="Guarded",
            cache_timeout=77,
            expose_in_sqllab=False,
            allow_run_async=True,
            allow_ctas=True,
            allow_cvas=True,
            allow_dml=True,
            allow_file_upload=False,
            force_ctas_schema="made",
            impersonate_user=True,
            extra=json.dumps({"engine_params": {"connect_args": {"connect_timeout": 1}}}),
            encrypted_extra=json.dumps({"token": "secret"}),
            server_cert="certificate",
            external_url="https://example.com",
        )
        connection.set_sqlalchemy_uri("postgresql://reader:p%40ss@127.0.0.1:1/shop")
        db.session.add(connection)
        db.session.commit()
    yield changed(telecom, database="Guarded", dialect="postgresql")
    with instance.app.app_context():
        uninstall("telecom", edited=True)
        db.session.query(Database).filter(Database.verbose_name == "Guarded").delete()
        db.session.commit()


def connections(instance: Instance) -> list[Any]:
    """Every connection with every column as it is stored, passwords and times of change too."""
    from superset import db

    with instance.app.app_context():
        return [tuple(row) for row in db.session.execute("select * from dbs order by id")]


def by_command(instance: Instance, archive: bytes, tmp_path: Path) -> None:
    """Runs `superset import-dashboards`, which overwrites."""
    from superset.cli.importexport import import_dashboards

    file = tmp_path / "all.zip"
    file.write_bytes(archive)
    arguments = ["--path", str(file), "--username", "admin"]
    instance.app.test_cli_runner().invoke(import_dashboards, arguments)


def by_directory(instance: Instance, archive: bytes, tmp_path: Path) -> None:
    """Runs `superset import-directory --overwrite`, which takes archives of any type."""
    from superset.cli.importexport import import_directory

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(tmp_path)
    arguments = [str(tmp_path / "kpi_telecom"), "--overwrite"]
    instance.app.test_cli_runner().invoke(import_directory, arguments)


# By name: what imports an archive, and whether it is a way to import dashboards.
ROUTES: dict[str, tuple[Callable[[Instance, bytes, Path], Any], bool]] = {
    "dialog": (lambda i, a, _: import_zip(i, a, overwrite=False), True),
    "dialog, overwriting": (lambda i, a, _: import_zip(i, a), True),
    "import-dashboards": (by_command, True),
    "assets": (lambda i, a, _: import_zip(i, a, "assets"), False),
    "databases": (lambda i, a, _: import_zip(i, a, "database"), False),
    "import-directory": (by_directory, False),
}


@pytest.mark.parametrize("route", ROUTES)
def test_no_route_of_import_changes_the_connection_that_the_archive_is_for(
    instance: Instance, guarded: Mapping, route: str, tmp_path: Path
) -> None:
    send, works = ROUTES[route]
    with instance.app.app_context():
        archive = export_bound(guarded, GALLERY)
    before = connections(instance)
    send(instance, archive, tmp_path)
    assert connections(instance) == before
    with instance.app.app_context():
        kinds = {each.kind for each in recorded("telecom")}
    assert kinds == ({"dataset", "chart", "dashboard"} if works else set())


@pytest.mark.parametrize("route", ROUTES)
def test_where_its_connection_is_missing_an_archive_is_refused_even_under_an_equal_name(
    instance: Instance, guarded: Mapping, route: str, tmp_path: Path
) -> None:
    from superset import db
    from superset.models.core import Database

    archive = export_zip(guarded, str(uuid4()), GALLERY)
    with instance.app.app_context():
        connection = db.session.query(Database).filter_by(database_name="Guarded").one()
        connection.database_name = contents(archive)["databases/telecom.yaml"]["database_name"]
        db.session.commit()
    before = connections(instance)
    ROUTES[route][0](instance, archive, tmp_path)
    assert connections(instance) == before
    with instance.app.app_context():
        assert recorded("telecom") == []


def test_an_archive_holds_neither_name_nor_address_of_a_connection(telecom: Mapping) -> None:
    number = "0A2B4C6D-0000-4000-8000-000000000001"
    connection = contents(export_zip(telecom, number, GALLERY))["databases/telecom.yaml"]
    assert connection["uuid"] == number.lower()  # as Superset spells it
    assert telecom.database not in connection["database_name"]
    assert "://" not in json.dumps(connection)


def test_what_is_no_uuid_is_refused(telecom: Mapping) -> None:
    with pytest.raises(KpiError) as raised:
        export_zip(telecom, "Telecom warehouse", GALLERY)
    assert str(raised.value) == (
        "--database-uuid: 'Telecom warehouse' is not a UUID. "
        "Open /api/v1/database/ in Superset, which lists that of each connection."
    )


def test_a_dataset_that_an_import_would_take_over_refuses_the_archive(
    instance: Instance, telecom: Mapping
) -> None:
    number = instance.database_id("Telecom warehouse")
    body = {"database": number, "table_name": "kpi_telecom_scores", "sql": "select 1 as n"}
    made = instance.client().post("/api/v1/dataset/", json=body).get_json()["id"]
    clash = r"^dataset kpi_telecom_scores: a dataset of this name"
    with instance.app.app_context(), pytest.raises(KpiError, match=clash):
        export_bound(telecom, GALLERY)
    assert instance.client().delete(f"/api/v1/dataset/{made}").status_code == 200


def test_every_file_fits_the_import_schemas(instance: Instance, telecom: Mapping) -> None:
    from superset.charts.schemas import ImportV1ChartSchema
    from superset.dashboards.schemas import ImportV1DashboardSchema
    from superset.databases.schemas import ImportV1DatabaseSchema
    from superset.datasets.schemas import ImportV1DatasetSchema

    schemas = {
        "charts": ImportV1ChartSchema,
        "dashboards": ImportV1DashboardSchema,
        "databases": ImportV1DatabaseSchema,
        "datasets": ImportV1DatasetSchema,
    }
    with instance.app.app_context():
        files = contents(export_bound(telecom))
    assert files.pop("metadata.yaml")["type"] == "Dashboard"
    with instance.app.app_context():
        for name, content in files.items():
            assert schemas[name.split("/")[0]]().validate(content) == {}, name


def one_chart_of_each_dataset(instance: Instance) -> Iterable[int]:
    """Ids of charts; what all of them show is the subject of test_numbers.py."""
    with instance.app.app_context():
        found = [each.model for each in recorded("telecom") if each.kind == "chart"]
        return {chart.datasource_id: chart.id for chart in found}.values()


def contents(archive: bytes) -> dict[str, Any]:
    """The files of an archive by their path below its root."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {
            name.split("/", 1)[1]: yaml.safe_load(opened.read(name)) for name in opened.namelist()
        }


def database(instance: Instance, name: str) -> Any:
    number = instance.database_id(name)
    return instance.client().get(f"/api/v1/database/{number}/connection").get_json()["result"]
