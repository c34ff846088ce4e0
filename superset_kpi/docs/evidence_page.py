"""docs/evidence.md: what the numbers of each macro were compared with, read from the tests."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from superset_kpi.docs.markdown import page, table
from superset_kpi.documents import read_yaml
from superset_kpi.macros import Macro, library

# Folders of tests/ whose numbers do not come from the macros themselves.
PUBLISHED = "published"
FOLDERS = (PUBLISHED, "independent")
# What they call to run a macro, its name first; helpers of their own have a parameter `macro`.
RUNNERS = ("run", "render_query", "render_call")
SHOWN_CALLERS = 3

Functions = dict[str, ast.FunctionDef]

EVIDENCE = """\
What the numbers of each macro were compared with. This page is read from the tests: a test is
listed beside every macro that it runs, and compares their rows with the reference or, where it runs
several, with each other. **Published** numbers are printed elsewhere, or computed by a library that
others maintain; **independent** ones are computed again by numpy, pandas or scipy, from the tables
instead of through a macro. *Used by* names macros that have such a test and whose text calls this
one. Every macro also has cases: a few given rows and the rows to expect, worked by hand, on every
engine. Macros that only join, count and add up rely on these.

Faults are planted in a copy of the demo, and the check of each finds exactly their rows. The models
that predictive macros score have tests of their own: [tests/models](../tests/models)."""


@dataclass(frozen=True)
class Check:
    """A test function, and the macros that it runs."""

    path: str
    name: str
    macros: frozenset[str]

    @property
    def is_published(self) -> bool:
        return self.path.startswith(PUBLISHED)

    @property
    def sentence(self) -> str:
        words = self.name.removeprefix("test_").replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def link(self) -> str:
        return f"[{self.sentence}](../tests/{self.path})"


def evidence_page(tests: Path) -> str:
    """Returns the page, from the folder that holds published/, independent/ and macros/."""
    checks, counts = list(read_checks(tests)), case_counts(tests)
    public = [m for m in library().values() if not m.is_internal]
    sections = []
    for area in sorted({m.area for m in public}):
        rows = [_row(m, checks, counts[m.name]) for m in public if m.area == area]
        header = ("macro", "published", "independent", "cases")
        sections += [f"## {area.capitalize()}", table(header, rows)]
    return page("# Evidence", EVIDENCE, *sections, "## Where it stands", _files(checks, tests))


def read_checks(tests: Path) -> Iterator[Check]:
    """Returns the tests that run a macro, by folder, file and place, and that of planted faults."""
    for folder in FOLDERS:
        for path in sorted((tests / folder).glob("test_*.py")):
            functions = {
                node.name: node
                for node in ast.parse(path.read_text(encoding="utf-8")).body
                if isinstance(node, ast.FunctionDef)
            }
            for name in functions:
                macros = frozenset(_run(name, functions, set()))
                if name.startswith("test_") and macros:
                    yield Check(f"{folder}/{path.name}", name, macros)
    yield from _planted(tests / "test_checks.py")


def _planted(path: Path) -> Iterator[Check]:
    """Returns the test of planted faults, with the checks that its table FINDERS names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "FINDERS":
            macros = frozenset(name for part in ast.walk(node) for name in _named(part))
            yield Check(path.name, "test_a_planted_fault_is_found_row_by_row", macros)


def _run(name: str, functions: Functions, seen: set[str]) -> Iterator[str]:
    """Returns the macros that a function runs: itself, by parameters, by helpers and fixtures."""
    seen.add(name)
    function = functions[name]
    used = {a.arg for a in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            used.add(node.id)
        if isinstance(node, ast.Call):
            yield from _named(_macro_of(node, functions))
    if "macro" in used:
        for decorator in function.decorator_list:
            for node in ast.walk(decorator):
                yield from _named(node)
    for helper in sorted(used & set(functions) - seen):
        yield from _run(helper, functions, seen)


def _macro_of(call: ast.Call, functions: Functions) -> ast.expr | None:
    """Returns the argument of a call that names a macro."""
    called = call.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    names = [a.arg for a in functions[name].args.args] if name in functions else []
    if "macro" in names and len(call.args) > names.index("macro"):
        return call.args[names.index("macro")]
    return call.args[0] if name in RUNNERS and name not in functions and call.args else None


def _named(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in library():
        yield node.value


def case_counts(tests: Path) -> Counter[str]:
    """Returns how many cases with rows each macro has; one of a family is one of each macro."""
    return Counter(
        macro
        for path in (tests / "macros").glob("*.yaml")
        for case in read_yaml(path.read_text(encoding="utf-8"))
        if "error" not in case
        for macro in case.get("of", (path.stem,))
    )


def _row(macro: Macro, checks: list[Check], cases: int) -> tuple[str, ...]:
    found = [c for c in checks if macro.name in c.macros]
    published, independent = (
        "; ".join(c.link for c in found if c.is_published is is_published)
        for is_published in (True, False)
    )
    if not found:
        independent = _used_by(macro, {name for c in checks for name in c.macros})
    return (f"[`{macro.name}`](macros.md#{macro.name})", published, independent, str(cases))


def _used_by(macro: Macro, checked: set[str]) -> str:
    callers = [name for name in sorted(checked) if macro.name in _called(library()[name])]
    names = ", ".join(f"`{name}`" for name in callers[:SHOWN_CALLERS])
    more = f" and {len(callers) - SHOWN_CALLERS} more" if len(callers) > SHOWN_CALLERS else ""
    return f"*used by* {names}{more}" if callers else ""


def _called(macro: Macro) -> set[str]:
    """Returns the macros that it calls, also through internal ones."""
    called = library().called_by(macro)
    return {c.name for c in called}.union(*(_called(c) for c in called if c.is_internal))


def _files(checks: list[Check], tests: Path) -> str:
    rows = []
    for name in dict.fromkeys(c.path for c in checks):
        tree = ast.parse((tests / name).read_text(encoding="utf-8"))
        summary = (ast.get_docstring(tree) or "").split("\n")[0]
        rows.append((f"[{name}](../tests/{name})", summary))
    return table(("tests", "what they compare with"), rows)
