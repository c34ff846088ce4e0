"""The containers' files fit together; that they start needs a Docker engine, which tests lack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
SECRETS = ("POSTGRES_PASSWORD", "SUPERSET_ADMIN_PASSWORD", "SUPERSET_SECRET_KEY")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text()))


def test_a_start_without_a_secret_is_refused() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    assert re.findall(r"\$\{\w+:?-", text) == [], "a secret has a default"
    for secret in SECRETS:
        assert f"${{{secret}:?" in text


def test_every_service_that_stays_up_says_when_it_is_healthy(compose: dict[str, Any]) -> None:
    without = {
        name for name, service in compose["services"].items() if "healthcheck" not in service
    }
    assert without == {"setup"}


def test_a_service_waits_until_the_ones_it_needs_are_ready(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for other, wait in service.get("depends_on", {}).items():
            ready = "healthcheck" in compose["services"][other]
            wanted = "service_healthy" if ready else "service_completed_successfully"
            assert wait["condition"] == wanted, f"{name} needs {other}"


def test_nothing_listens_beyond_this_machine(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_file_that_compose_and_dockerfile_name_is_there_and_reaches_the_build(
    compose: dict[str, Any],
) -> None:
    mounted = [v for s in compose["services"].values() for v in s.get("volumes", [])]
    for source in (volume.split(":")[0] for volume in mounted):
        assert source in compose["volumes"] or (DOCKER / source).is_file()
    admitted = (DOCKER.parent / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (docker/.+) \S+$", (DOCKER / "Dockerfile").read_text(), re.M)
    for source in (path for line in copied for path in line.split()):
        assert (DOCKER.parent / source).is_file()
        assert f"!{source}" in admitted


def test_the_image_is_the_superset_that_the_constraints_test() -> None:
    (image,) = re.findall(
        r"^FROM apache/superset:(\S+)$", (DOCKER / "Dockerfile").read_text(), re.M
    )
    constraints = DOCKER.parent / "constraints" / f"superset-{image}.txt"
    assert re.search(rf"^apache.superset=={re.escape(image)}$", constraints.read_text(), re.M)


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", (DOCKER / "Dockerfile").read_text(), re.M)
    assert users[-1] == "superset"
