"""The doctor: it names what is wrong, says what to do, and is silent when all is well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from superset_kpi.superset import doctor, environment
from superset_kpi.superset.finding import Finding
from superset_kpi.superset.install import install
from superset_kpi.superset.removal import uninstall
from tests.superset.conftest import GALLERY, Instance


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory before all others on the path, for metadata of other versions of packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def pretend(folder: Path, package: str, version: str) -> None:
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")


def names(found: list[Finding]) -> list[str]:
    return [each.name for each in found]


def test_a_good_installation_has_no_finding(instance: Instance) -> None:
    assert environment.installation() == []


@pytest.mark.parametrize(
    ("package", "version", "finding"),
    [
        ("flask_caching", "2.5.0", "flask-caching"),
        ("flask_sqlalchemy", "3.1.1", "flask-sqlalchemy"),
        ("apache_superset", "7.0.0", "superset"),
    ],
)
def test_a_version_that_breaks_superset_is_named_with_its_remedy(
    pretended: Path, package: str, version: str, finding: str
) -> None:
    pretend(pretended, package, version)
    (found,) = environment.installation()
    assert found.name == finding
    assert version.rsplit(".", 1)[0] in found.found
    assert found.remedy


@pytest.mark.parametrize("package", ["rich", "cachetools"])
def test_a_package_that_superset_forgets_to_require_is_named(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # importing it raises ModuleNotFoundError
    assert names(environment.installation()) == [package]
    fault = environment.import_fault(ModuleNotFoundError(name=package))
    assert fault is not None
    assert fault.remedy.startswith(f"pip install {package}")


def test_a_good_instance_has_only_the_database_that_is_wrong_on_purpose(
    instance: Instance,
) -> None:
    with instance.app.app_context():
        (found,) = doctor.instance()
    assert found.name == "database of wrong"
    assert found.found.startswith("wrong.dialect: 'postgresql' does not fit the database 'Wrong'")


@pytest.mark.parametrize(
    ("flag", "severity"), [("ENABLE_TEMPLATE_PROCESSING", "error"), ("RLS_IN_SQLLAB", "warning")]
)
def test_a_flag_that_is_off_is_named(instance: Instance, flag: str, severity: str) -> None:
    from superset import feature_flag_manager

    flags = feature_flag_manager._feature_flags
    flags[flag] = False
    try:
        with instance.app.app_context():
            (found,) = [each for each in doctor.instance() if each.name == flag]
    finally:
        flags[flag] = True
    assert found.severity == severity


def test_a_missing_or_broken_mapping_file_is_named(instance: Instance) -> None:
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text("telecom: {}", encoding="utf-8")
        with instance.app.app_context():
            (broken,) = doctor.instance()
        file.unlink()
        with instance.app.app_context():
            (missing,) = doctor.instance()
    finally:
        file.write_text(before, encoding="utf-8")
    assert "the key 'database' is missing" in broken.found
    assert missing.found == f"There is no mapping file {file}."


def test_an_engine_that_no_test_runs_is_a_warning(instance: Instance) -> None:
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before.replace("dialect: duckdb", "dialect: teradatasql", 1), "utf-8")
        with instance.app.app_context():
            (found,) = [f for f in doctor.instance() if f.name.startswith("dialect of ")]
    finally:
        file.write_text(before, encoding="utf-8")
    assert found.severity == "warning"
    assert "no test runs the macros on 'teradatasql'" in found.found


def test_dashboards_of_a_mapping_that_is_gone_are_named(instance: Instance) -> None:
    mapping = instance.mappings()["telecom"]
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    with instance.app.app_context():
        install(mapping, GALLERY)
    try:
        file.write_text(before.replace("telecom:\n", "mobile:\n", 1), encoding="utf-8")
        with instance.app.app_context():
            assert "mapping telecom" in names(doctor.instance())
    finally:
        file.write_text(before, encoding="utf-8")
        with instance.app.app_context():
            uninstall("telecom")
