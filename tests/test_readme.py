"""What README.md tells a reader to type works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from superset_kpi import demo

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"^( *)```console\n(.*?)^\1```", re.M | re.S)
TESTED = re.compile(r"^<!-- tested -->\n```console\n(.*?)^```", re.M | re.S)


def _commands(block: str) -> list[str]:
    """The commands of a block: what follows `$ `, with continued lines."""
    joined = re.sub(r"\\\n\s*", "", block)
    return re.findall(r"^\s*\$ (.+)$", joined, re.M)


def _verbs() -> list[str]:
    blocks = "\n".join(block for _, block in CONSOLE.findall(README))
    inline = "\n".join(re.findall(r"`([^`\n]+)`", README))
    return sorted(set(re.findall(r"superset-kpi ([a-z][a-z-]+)", f"{blocks}\n{inline}")))


@pytest.fixture(scope="module")
def environment(demo_warehouse: Path) -> dict[str, str]:
    """The demo's warehouse, and this virtual environment's commands first on PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KPI_DEMO_WAREHOUSE": str(demo_warehouse)}


@pytest.mark.parametrize("block", TESTED.findall(README))
def test_a_block_that_is_marked_runs_from_its_first_to_its_last_line(
    block: str, environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copy(Path(demo.__file__).parent / "kpi.yaml", tmp_path / "kpi.yaml")
    script = "\n".join(["set -euo pipefail", *_commands(block)])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", _verbs())
def test_a_command_that_is_named_exists(verb: str, environment: dict[str, str]) -> None:
    command = ["superset-kpi", verb, "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_make_target_that_is_named_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert set(re.findall(r"make ([a-z]+)[`\s]", README)) <= targets | {"and"}


def test_a_file_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", README)
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_the_mapping_that_is_shown_is_valid(tmp_path: Path) -> None:
    from superset_kpi.mapping import read_mappings

    (text,) = re.findall(r"^```yaml\n(.*?)^```", README, re.M | re.S)
    (tmp_path / "kpi.yaml").write_text(text, encoding="utf-8")
    assert list(read_mappings(tmp_path / "kpi.yaml")) == ["telecom"]


def test_the_configuration_that_is_shown_is_how_the_short_one_ends() -> None:
    (text,) = re.findall(r"^ *```python\n(.*?)^ *```", README, re.M | re.S)
    config = (REPOSITORY / "docker" / "superset_config.py").read_text(encoding="utf-8")
    assert all(line.strip() in config for line in text.splitlines())


def test_the_macro_that_is_shown_renders(demo_warehouse: Path) -> None:
    from superset_kpi.macros import render_call
    from superset_kpi.mapping import read_mappings
    from superset_kpi.warehouse import run

    (sql,) = re.findall(r"^```sql\n(.*?)^```", README, re.M | re.S)
    (call,) = re.findall(r"{{ kpi\.telecom\.(\w+)\((.*?)\) }}", sql)
    keyword = dict(re.findall(r"(\w+)='([^']*)'", call[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPI_DEMO_WAREHOUSE", str(demo_warehouse))
        telecom = read_mappings(Path(demo.__file__).parent / "kpi.yaml")["telecom"]
        relation = render_call(call[0], (), keyword, telecom)
        rows = run(telecom, re.sub(r"{{.*?}}", lambda _: relation, sql))
    assert len(rows.rows) > 0
