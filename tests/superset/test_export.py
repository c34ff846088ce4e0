"""The archive: Superset's own import takes it, and the installer knows what came that way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from superset_kpi.mapping import Mapping
from superset_kpi.superset.export import export_bound, export_zip
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.plan import plan
from superset_kpi.superset.removal import uninstall
from tests.superset.conftest import GALLERY, Instance


def import_zip(instance: Instance, archive: bytes) -> tuple[int, Any]:
    """Sends the archive as the import dialog does."""
    answer = instance.client().post(
        "/api/v1/dashboard/import/",
        data={"formData": (io.BytesIO(archive), "dashboards.zip"), "overwrite": "true"},
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
        assert {step.action for step in plan(telecom, folder).steps} == {"keep"}
        assert not any(removal.reason for removal in uninstall("telecom"))


def test_without_a_connection_importing_makes_one_to_be_completed(
    instance: Instance, telecom: Mapping
) -> None:
    archive = export_zip(telecom, GALLERY)
    files = contents(archive)
    connection = files["databases/telecom.yaml"]
    assert connection["extra"] == {}
    assert connection["sqlalchemy_uri"] == "duckdb:///:memory:"
    assert "password" not in json.dumps(connection)
    connection["database_name"] = "To be completed"
    assert import_zip(instance, packed(files))[0] == 200
    assert database(instance, "To be completed")["sqlalchemy_uri"] == "duckdb:///:memory:"
    with instance.app.app_context():
        assert not any(removal.reason for removal in uninstall("telecom"))


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
    files = contents(export_zip(telecom))
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


def packed(files: dict[str, Any]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in files.items():
            out.writestr(f"root/{name}", yaml.safe_dump(content))
    return archive.getvalue()


def database(instance: Instance, name: str) -> Any:
    number = instance.database_id(name)
    return instance.client().get(f"/api/v1/database/{number}/connection").get_json()["result"]
