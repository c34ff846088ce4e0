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
def environment() -> dict[str, str]:
    """This virtual environment's commands first on PATH, and none of the project's variables."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("SUPERSET", "KPI_"))}
    return {**outside, "PATH": path}


@pytest.fixture(scope="module")
def clone(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make demo`, with what is not committed yet, and without its Superset."""
    from superset_kpi.demo.serve import write_mapping

    folder = tmp_path_factory.mktemp("clone")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listed, cwd=REPOSITORY, text=True).split("\0")
    for name in filter(None, names):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    (folder / ".demo").mkdir()
    (folder / ".demo" / "warehouse.duckdb").symlink_to(demo_warehouse)
    write_mapping(folder / ".demo")
    # Stands for the virtual environment of `make demo`; the package is the clone's own.
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").write_text(
        f'export PATH="{Path(sys.executable).parent}:$PATH" PYTHONPATH="{folder}"\n'
    )
    return folder


@pytest.mark.parametrize("block", TESTED.findall(README))
def test_a_block_that_is_marked_runs_as_typed_in_a_clone_after_the_demo(
    block: str, environment: dict[str, str], clone: Path
) -> None:
    script = "\n".join(["set -euo pipefail", *_commands(block)])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone,
        env={**environment, "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "; file and warehouse agree." in done.stdout


def test_a_file_that_a_command_names_is_there_after_the_demo(clone: Path) -> None:
    blocks = "\n".join(block for _, block in CONSOLE.findall(README))
    named = re.findall(r"--mapping ([^\s:]+)", blocks)
    assert named
    assert [name for name in named if not (clone / name).is_file()] == []


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
