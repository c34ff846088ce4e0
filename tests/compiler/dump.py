"""Every statement that there is, as text: python -m tests.compiler.dump FILE SHARE [SECTION ...].

What the compiler writes must not change while it is rewritten: run it before and after, and
`diff` the two files; where they differ, rows decide. SHARE 1 is all of it, and takes long; 5 is a
fifth of the statements, the same ones each time.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import superset_kpi.demo
from superset_kpi.dialects import DIALECTS, OTHERS
from superset_kpi.errors import KpiError
from superset_kpi.macros import Macro, library, render_call, render_expression, rendered
from superset_kpi.macros.compiler.statement import Observed
from superset_kpi.macros.origins import read_by
from superset_kpi.macros.written import available, statement
from superset_kpi.mapping import Mapping, changed, read_mappings
from tests import cases
from tests.test_engine import EXPRESSIONS, LARGE, RELATIONS, values_for, world

STRANGERS = Path(__file__).parent.parent / "strangers" / "kpi.yaml"
DEMO = Path(superset_kpi.demo.__file__).parent / "kpi.yaml"
SEEN = Observed(frozenset({"benchmarks", "followups"}), metrics=frozenset({"value"}))
Entry = tuple[str, Callable[[], object]]


def demo() -> Iterator[Entry]:
    """The demo's mappings, also with what dashboards ask of them."""
    for name, mapping in read_mappings(DEMO).items():
        yield from _all(name, mapping)
        private = changed(mapping, min_n=25, timezone="Europe/Berlin")
        for macro in RELATIONS:
            shown = {n: f"coalesce({n}, {n})" for n in list(macro.returns)[:2]}
            yield (
                f"{name}: {macro.name} displayed",
                partial(_known, macro, mapping, displayed=shown),
            )
            yield f"{name}: {macro.name} private", partial(_call, macro, private, 3)
        for key in available(mapping):
            yield f"{name}: {key} written", partial(statement, key, mapping)
        for text in ("cx_band(sum(score) / nullif(count(*), 0))", "avg(score)", "day_of(x)"):
            yield f"{name}: {text}", partial(render_expression, text, mapping)


def strangers() -> Iterator[Entry]:
    """The strangers' mappings."""
    for name, mapping in read_mappings(STRANGERS).items():
        yield from _all(name, mapping)


def engines() -> Iterator[Entry]:
    """A mapping of every logical table, for each engine; of the generic ones the large macros."""
    for engine in {d.engine: d for d in DIALECTS.values()}:
        mapping = world(engine)
        for macro in (*RELATIONS, *EXPRESSIONS):
            yield f"{engine}: {macro.name}", partial(_call, macro, mapping)
    for engine in {d.engine: d for d in OTHERS.values()}:
        for name in LARGE:
            yield f"{engine}: {name}", partial(_call, library()[name], world(engine))


def chosen() -> Iterator[Entry]:
    """Each macro with each value of its choices."""
    mapping = world("duckdb")
    for macro in (*RELATIONS, *EXPRESSIONS):
        for argument in macro.args.values():
            values = ("true", "false") if argument.type == "boolean" else argument.choices
            for value in values:
                given = {**values_for(macro), argument.name: value}
                call = partial(render_call, macro.name, (), given, mapping)
                yield f"{macro.name}({argument.name}={value})", call


def given() -> Iterator[Entry]:
    """The cases of tests/macros."""
    for case in cases.read_cases():
        if case.error is None:
            yield case.id, partial(cases.statement, case, cases.mapping_of(case, "duckdb"))


SECTIONS: dict[str, Callable[[], Iterator[Entry]]] = {
    each.__name__: each for each in (demo, strangers, engines, chosen, given)
}


def _all(name: str, mapping: Mapping) -> Iterator[Entry]:
    for macro in (*RELATIONS, *EXPRESSIONS):
        yield f"{name}: {macro.name}", partial(_call, macro, mapping)
    for macro in RELATIONS:
        yield f"{name}: {macro.name} observed", partial(_known, macro, mapping, observed=SEEN)
        yield f"{name}: {macro.name} read", partial(_read, macro, mapping)


def _call(macro: Macro, mapping: Mapping, number: int = 1) -> str:
    return render_call(macro.name, (), values_for(macro), mapping, number)


def _known(macro: Macro, mapping: Mapping, **more: Any) -> str:
    made = rendered(macro.name, values_for(macro), mapping, **more)
    facts = {name: value.sql() for name, value in sorted(made.facts.values.items())}
    return f"{made.text}\n{made.facts.rows} {facts} {sorted(made.metrics or ())}"


def _read(macro: Macro, mapping: Mapping) -> str:
    read = read_by(macro.name, values_for(macro), mapping)
    return str((sorted((k, sorted(v)) for k, v in read.origins.items()), sorted(read.metrics)))


def main(file: str, share: str, *sections: str) -> None:
    """Writes one line of JSON for each statement: its section, its name and its text."""
    os.environ.setdefault("KPI_DEMO_WAREHOUSE", "/nowhere/demo.duckdb")
    for name in "HARBOUR LEDGERLY KLINIK TOASTY VINYL PANEL".split():
        os.environ.setdefault(name, "sqlite://")
    with Path(file).open("w", encoding="utf-8") as opened:
        for section in sections or SECTIONS:
            for key, render in SECTIONS[section]():
                if zlib.crc32(key.encode()) % int(share) == 0:
                    print(json.dumps([section, key, _text(render)]), file=opened)


def _text(render: Callable[[], object]) -> str:
    try:
        return str(render())
    except KpiError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main(*sys.argv[1:])
