"""python -m tests.spark [DASHBOARD ...]: the telecom demo on Spark, every chart beside DuckDB's.

Loads the demo's tables into a private Spark cluster, installs the dashboards in a new Superset for
both warehouses, asks both for the data of every chart, and compares all rows. Exit 1 where a chart
differs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.engines import spark
from tests.served import DASHBOARDS, mapping_file, serve
from tests.spark import cluster, comparison


def main() -> int:
    reason = spark.missing()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    names = sys.argv[1:] or DASHBOARDS
    unknown = sorted(set(names) - set(DASHBOARDS))
    if unknown:
        print(f"{', '.join(unknown)}: no dashboard. Choose of: {', '.join(DASHBOARDS)}.")
        return 2
    with tempfile.TemporaryDirectory(prefix="kpi-spark-demo-") as folder, spark.server() as url:
        warehouse = cluster.build(Path(folder))
        cluster.load(warehouse, url)
        on_spark = {"dialect": "hive", "database": "Spark cluster", "url": url}
        mappings = {comparison.DUCKDB: {}, comparison.SPARK: on_spark}
        served = serve(mapping_file(Path(folder), mappings), warehouse)
        found = comparison.compared(served, names)
    print("\n".join(comparison.table(found)))
    for each in found:
        for fault in each.faults:
            print(f"{each.dashboard}: {fault}", file=sys.stderr)
    return 1 if any(each.faults for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
