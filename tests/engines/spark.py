"""A private Spark Thrift Server on a free loopback port: what Superset reaches as Hive.

One driver and two executors, each a process of its own (`local-cluster`), so that rows are
serialised and shuffled as on a cluster.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import process

MASTER = "local-cluster[2,1,512]"

# Statements are tiny and many: compiling each to Java would take most of the time.
SETTINGS = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "512m",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}


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
    port = process.free_port()
    settings = {
        **SETTINGS,
        "spark.local.dir": str(home / "local"),
        "spark.sql.warehouse.dir": str(home / "warehouse"),
    }
    command = [
        str(spark / "bin" / "spark-submit"),
        f"--master={MASTER}",
        "--class=org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        *(f"--conf={name}={value}" for name, value in settings.items()),
        "spark-internal",
        "--hiveconf",
        f"hive.server2.thrift.port={port}",
        "--hiveconf",
        "hive.server2.thrift.bind.host=127.0.0.1",
    ]
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(home / "work"),
        "TZ": "UTC",
    }
    try:
        with process.running(command, home, lambda: _is_ready(port), 120, env=environment):
            yield f"hive://hive@127.0.0.1:{port}/default"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _is_ready(port: int) -> bool:
    """Whether a statement is answered: the port opens before the executors are there."""
    if not process.answers(port):
        return False
    from pyhive import hive

    try:
        connection = hive.connect("127.0.0.1", port, username="hive")
        cursor = connection.cursor()
        cursor.execute("select count(*) from range(2)")
        cursor.fetchall()
        connection.close()
    except Exception:  # Thrift has a class of its own for each way of not being ready.
        return False
    return True
