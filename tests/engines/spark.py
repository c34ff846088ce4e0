"""A private Spark Thrift Server on a free loopback port: what Superset reaches as Hive.

A standalone cluster on this machine: a master, two workers with an executor each, and the Thrift
Server as driver, every one a process of its own, so that rows are serialised and shuffled.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.engines import process

HOST = "127.0.0.1"
# The driver plans thousands of statements, which pays for compiling it well; the others do little.
DRIVER_JAVA = "-XX:+UseSerialGC"
JAVA = f"{DRIVER_JAVA} -XX:TieredStopAtLevel=1"
WORKERS = 2
PATIENCE = 600

# Statements are tiny and many: compiling each to Java would take most of the time, and writing its
# plans down, for a user interface that is off, some of it.
SETTINGS = {
    "spark.cores.max": str(WORKERS),
    "spark.log.level": "WARN",
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.driver.extraJavaOptions": DRIVER_JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    # The first statement waits for both executors.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}

# A name, a command and what tells that it is ready.
Start = Callable[[str, list[str], Callable[[], bool]], None]


def missing() -> str | None:
    """Why no server can be started here; null where one can."""
    if shutil.which("java") is None:
        return "java was not found. Install openjdk-17-jre-headless."
    for module, extra in (("pyspark", "engines"), ("pyhive", "hive"), ("thrift_sasl", "hive")):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed. Run: pip install 'superset-kpi[{extra}]'"
    return None


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database; the server stops and its files go at the end."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    spark = Path(found.origin).parent
    home = Path(tempfile.mkdtemp(prefix="kpi-spark-"))
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": HOST,
        # The driver is a daemon too; master and workers use a tenth of it.
        "SPARK_DAEMON_MEMORY": "1g",
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
        "TZ": "UTC",
    }
    try:
        with ExitStack() as stack:

            def start(name: str, command: list[str], is_ready: Callable[[], bool]) -> None:
                folder = home / name
                folder.mkdir()
                program = [str(spark / "bin" / command[0]), *command[1:]]
                stack.enter_context(
                    process.running(program, folder, is_ready, PATIENCE, env=environment)
                )

            master = _start_cluster(start, home)
            port = process.free_port()
            start("driver", _driver(master, port, home), lambda: _is_ready(port))
            yield f"hive://hive@{HOST}:{port}/default"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start_cluster(start: Start, home: Path) -> str:
    """Starts master and workers, and returns the master's URL."""
    port, web = process.free_port(), process.free_port()
    spark_class = ["spark-class", "org.apache.spark.deploy.master.Master", "--host", HOST]
    command = [*spark_class, "--port", str(port), "--webui-port", str(web)]
    start("master", command, lambda: process.answers(port))
    master = f"spark://{HOST}:{port}"
    for number in range(WORKERS):
        web = process.free_port()
        command = ["spark-class", "org.apache.spark.deploy.worker.Worker", "--host", HOST]
        command += ["--webui-port", str(web), "--cores", "1", "--memory", "512m"]
        command += ["--work-dir", str(home / f"work-{number}"), master]
        start(f"worker-{number}", command, lambda web=web: process.answers(web))
    return master


def _driver(master: str, port: int, home: Path) -> list[str]:
    """Returns the command of the Thrift Server."""
    settings = {
        **SETTINGS,
        "spark.local.dir": str(home / "local"),
        "spark.sql.warehouse.dir": str(home / "warehouse"),
    }
    return [
        "spark-submit",
        f"--master={master}",
        "--class=org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        *(f"--conf={name}={value}" for name, value in settings.items()),
        "spark-internal",
        "--hiveconf",
        f"hive.server2.thrift.port={port}",
        "--hiveconf",
        f"hive.server2.thrift.bind.host={HOST}",
    ]


def _is_ready(port: int) -> bool:
    """Whether a statement is answered: the port opens before the executors are there."""
    if not process.answers(port):
        return False
    from pyhive import hive

    try:
        connection = hive.connect(HOST, port, username="hive")
        cursor = connection.cursor()
        cursor.execute("select count(*) from range(2)")
        cursor.fetchall()
        connection.close()
    except Exception:  # Thrift has a class of its own for each way of not being ready.
        return False
    return True
