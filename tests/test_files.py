"""Files are written whole or not at all, and nothing is removed that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from superset_kpi.cli import superset_group
from superset_kpi.errors import KpiError
from superset_kpi.files import write_whole

REPOSITORY = Path(__file__).resolve().parent.parent

# A file-size limit stands for a full disk: the kernel refuses the same call.
FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
"""


def on_a_full_disk(
    folder: Path, code: str, *arguments: object, room: int
) -> subprocess.CompletedProcess[str]:
    """Runs Python where no file can grow beyond `room` bytes."""
    return subprocess.run(
        [sys.executable, "-c", FULL + code, str(room), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    (tmp_path / "macros.txt").write_text("before")
    command = "from superset_kpi.cli import main; main()"
    done = on_a_full_disk(tmp_path, command, "macros", "--output", "macros.txt", room=1000)
    assert done.stderr == (
        "output: 'macros.txt' cannot be written (File too large). Name another file.\n"
    )
    assert done.returncode == 2
    assert [p.name for p in tmp_path.iterdir()] == ["macros.txt"]
    assert (tmp_path / "macros.txt").read_text() == "before"


def test_a_starter_file_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    command = "from superset_kpi.cli import main; main()"
    done = on_a_full_disk(tmp_path, command, "init", room=100)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_models_and_tables_that_do_not_fit_leave_what_was_there(tmp_path: Path) -> None:
    for name in ("kpi.models.yaml", "kpi.tables.yaml"):
        (tmp_path / name).write_text("shop: {}\n")
    code = """
from pathlib import Path
import datetime as dt
from superset_kpi.errors import KpiError
from superset_kpi.fit.models_file import write_models
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.models import ModelsFile
from superset_kpi.materialize.tables_file import write_tables
now = dt.datetime(2026, 9, 30)
data = {str(n): 1.0 for n in range(99)}
fitted = ModelsFile(observation_start=now.date(), observation_end=now.date(), data=data)
written = Written("rfm", "kpi", "t", "table", None, now, 1, "a" * 16, "b" * 16, "0.1.0")
for write in (
    lambda: write_models(Path("kpi.yaml"), "shop", fitted),
    lambda: write_tables(Path("kpi.yaml"), "shop", [written]),
):
    try:
        write()
    except KpiError as error:
        print(error)
"""
    done = on_a_full_disk(tmp_path, code, room=200)
    assert done.stdout.splitlines() == [
        f"kpi.{kind}.yaml: the file cannot be written (File too large). "
        "Make room, or write it to another place; nothing there has changed."
        for kind in ("models", "tables")
    ], done.stderr
    assert {p.read_text() for p in tmp_path.iterdir()} == {"shop: {}\n"}


def test_a_demo_warehouse_that_does_not_fit_is_not_there(
    demo_warehouse: Path, tmp_path: Path
) -> None:
    """A little less room than it needs: the statements succeed, the file's last pages do not."""
    command = "from superset_kpi.cli import main; main()"
    room = int(demo_warehouse.stat().st_size * 0.95)
    done = on_a_full_disk(tmp_path, command, "demo", "--directory", "d", "--no-serve", room=room)
    assert done.returncode == 1
    assert "warehouse.duckdb: the warehouse cannot be written (" in done.stderr
    assert [p.name for p in (tmp_path / "d").glob("*warehouse*")] == []


def test_what_is_full_is_said_of_stdout_and_of_a_device(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "superset_kpi", "macros"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        "superset-kpi macros: the output cannot be written (No space left on device). "
        "Make room or correct its permissions, or name another place.\n"
    )
    result = CliRunner().invoke(superset_group, ["macros", "--output", "/dev/full"])
    assert result.stderr == (
        "output: '/dev/full' cannot be written (No space left on device). Name another file.\n"
    )


def test_a_link_stays_one_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "real.yaml").chmod(0o640)
    (tmp_path / "kpi.yaml").symlink_to("real.yaml")
    write_whole(tmp_path / "kpi.yaml", "new")
    assert (tmp_path / "kpi.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"
    assert (tmp_path / "real.yaml").stat().st_mode & 0o777 == 0o640
    write_whole(tmp_path / "key", "secret", mode=0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_link_that_waits_beside_a_file_is_not_written_through(tmp_path: Path) -> None:
    """Whoever may write into the folder knows the name of the part, and could lay a link there."""
    (tmp_path / "mine").write_text("mine")
    (tmp_path / f".kpi.yaml.{os.getpid()}.part").symlink_to("mine")
    write_whole(tmp_path / "kpi.yaml", "new")
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / "kpi.yaml").read_text() == "new"
    assert not (tmp_path / "kpi.yaml").is_symlink()


@pytest.mark.parametrize("held", ["notes.txt", "superset/notes.txt", "superset.part/notes.txt"])
def test_the_demo_leaves_a_folder_of_somebody_else_alone(tmp_path: Path, held: str) -> None:
    (tmp_path / held).parent.mkdir(exist_ok=True)
    (tmp_path / held).write_text("mine")
    arguments = ["demo", "--directory", str(tmp_path), "--no-serve"]
    result = CliRunner().invoke(superset_group, arguments)
    assert result.exit_code == 1
    assert result.stderr == (
        f"demo: {tmp_path} holds something that is not the demo's, and is left as it is. "
        "Name a new or empty folder with --directory.\n"
    )
    assert [p.relative_to(tmp_path) for p in tmp_path.rglob("*.txt")] == [Path(held)]
    assert not list(tmp_path.rglob("*.duckdb"))


def test_even_in_its_own_folder_the_demo_removes_no_superset_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from superset_kpi.demo import serve

    (tmp_path / serve.MARKER).write_text("")
    (tmp_path / "superset").mkdir()
    (tmp_path / "superset" / "notes.txt").write_text("mine")
    monkeypatch.setattr(serve.warehouse, "build", lambda path, progress: None)
    with pytest.raises(KpiError, match="holds something that is not the demo's Superset"):
        serve.demo(tmp_path, 8088, False, print)
    assert (tmp_path / "superset" / "notes.txt").read_text() == "mine"
