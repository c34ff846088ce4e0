"""python -m tests.benchmark [rendering | SECTION [SIZE ...]].

Sections with sizes: macros, large and charts (ratings and purchases), clv (customers), dashboards
(copies of the demo).

Measures, and writes the page. A section that was not measured again stays as it is. Figures are
kept in docs/benchmark.json, the page docs/benchmark.md is made of them.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmark import charts, clv, dashboards, large, macros, rendering

DOCS = Path(__file__).parents[2] / "docs"
PACKAGES = ("duckdb", "lifetimes", "numpy", "scipy", "sqlglot")
MODULES = {
    "macros": macros,
    "large": large,
    "clv": clv,
    "dashboards": dashboards,
    "charts": charts,
}
SECTIONS = ("rendering", *MODULES)


def main() -> None:
    wanted, *sizes = sys.argv[1:] or ["all"]
    file = DOCS / "benchmark.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for name in SECTIONS if wanted == "all" else (wanted,):
        load = os.getloadavg()[1]
        if name == "rendering":
            lines, figures = rendering.section()
        else:
            module = MODULES[name]
            lines, figures = module.section([int(float(s)) for s in sizes] or module.SIZES)
        facts = {
            "command": " ".join(["python -m tests.benchmark", name, *sizes]),
            "load_average": round(load, 1),
            **_machine(),
        }
        record[name] = {"facts": facts, "figures": figures, "lines": lines}
        print("\n".join(lines), flush=True)
    record = {name: record[name] for name in SECTIONS if name in record}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (DOCS / "benchmark.md").write_text(_page(record), encoding="utf-8")


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _page(record: dict[str, Any]) -> str:
    lines = ["# Benchmark", ""]
    for section in record.values():
        facts = section["facts"]
        lines += [
            *section["lines"],
            "",
            f"Command: `{facts['command']}`. {facts['cores']} cores, {facts['machine']}, load",
            f"average before it {facts['load_average']}, Python {facts['python']}, "
            + ", ".join(f"{name} {facts[name]}" for name in PACKAGES)
            + ".",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
