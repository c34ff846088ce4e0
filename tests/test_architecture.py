"""Imports run strictly downwards, from cli to errors.

A part imports only parts of a lower rank, so that neither parts nor modules form a circle.
"""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "superset_kpi"
RANKS = {
    "models": 0,
    "errors": 0,
    "resources": 0,
    "documents": 1,
    "files": 1,
    "dialects": 1,
    "mapping": 2,
    "macros": 3,
    "warehouse": 4,
    "api": 5,
    "fit": 5,
    "materialize": 5,
    "dashboards": 5,
    "proposal": 5,
    "superset": 6,
    "demo": 7,
    "docs": 8,
    "cli": 9,
}
# Library: the only parts that import it.
OWNERS = {
    "superset": {"superset"},
    "superset_core": {"superset"},
    "flask": {"superset"},
    "flask_appbuilder": {"superset"},
    "duckdb": {"demo"},
    "scipy": {"models", "fit"},
    "click": {"cli", "docs"},
    "pydantic": {"documents", "mapping", "macros", "dashboards", "proposal"},
    "lifetimes": set(),
}


def part_of(module: str) -> str:
    """The part of `superset_kpi.macros.lint`: macros; empty for the package itself."""
    return [*module.split("."), ""][1]


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path) -> set[str]:
    """Dotted names that a module imports, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([*base_of(path, node.level), *filter(None, [node.module])])
            inner = {f"{module}.{alias.name}" for alias in node.names}
            found |= {i if i in MODULES else module for i in inner}
    return found


def base_of(path: Path, level: int) -> list[str]:
    """The package that so many dots before an import stand for."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    return list(package[: len(package) - level + 1]) if level else []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    part = part_of(module)
    for name in imports_of(MODULES[module]):
        other = part_of(name)
        if not name.startswith("superset_kpi.") or other == part or part in ("", "__main__"):
            continue
        assert other in RANKS, f"{module} imports {name}, a part that is not in RANKS"
        assert RANKS[other] < RANKS[part], f"{module} imports {name}, which is not below it"


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_by_its_own_part_alone(module: str) -> None:
    for name in imports_of(MODULES[module]):
        library = name.split(".")[0]
        if library in OWNERS:
            assert part_of(module) in OWNERS[library], f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_one_part_opens_connections_to_a_warehouse(module: str) -> None:
    # The demo writes its file with DuckDB itself, and Superset has connections of its own.
    text = MODULES[module].read_text(encoding="utf-8")
    if part_of(module) not in ("warehouse", "superset"):
        assert "create_engine" not in text


@pytest.mark.parametrize("module", MODULES)
def test_one_part_reads_yaml(module: str) -> None:
    # Others write it; mapping.constants changes nodes before they become values.
    text = MODULES[module].read_text(encoding="utf-8")
    if part_of(module) != "documents":
        assert not re.search(r"yaml\.(safe_)?(load|compose|parse)|Loader\b", text)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_but_materialize_writes_to_a_warehouse(module: str) -> None:
    # The demo makes its own file, through no mapping.
    if part_of(module) in ("materialize", "demo"):
        return
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    functions = {n: f.name for f in ast.walk(tree) if is_function(f) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in ("execute", "executemany", "exec_driver_sql", "begin", "raw_connection"):
            assert module == "superset_kpi.warehouse.connection", f"{module}: {called}"
            assert functions[node] in ("select_columns", "change"), f"{functions[node]}: {called}"
        asks_to_write = any(k.arg == "writes" for k in node.keywords)
        assert not asks_to_write, f"{module}: a connection that writes"
    for name in imports_of(MODULES[module]):
        if name.startswith("superset_kpi.materialize"):
            assert module == "superset_kpi.cli.materializing", f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_but_materialize_asks_for_what_changes_a_warehouse(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "superset_kpi.warehouse.connection"
        for alias in node.names
    }
    assert "change" not in names or part_of(module) == "materialize"


def is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def test_no_module_imports_itself_through_others() -> None:
    # Nor inside functions, which only put off that two modules are one.
    graph = {
        module: imports_of(path) & (MODULES.keys() - {module}) for module, path in MODULES.items()
    }
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert len(order) == len(MODULES)


@pytest.mark.parametrize("part", ["mapping", "macros", "cli"])
def test_a_light_part_loads_no_heavy_library(part: str) -> None:
    # `superset-kpi --help` and every `superset` command load them.
    heavy = ("superset", "numpy", "pandas", "scipy", "duckdb", "sqlalchemy", "flask")
    code = f"import sys, superset_kpi.{part}; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.split() == []
