"""What can be said of the macros on an engine that no test runs them on."""

from __future__ import annotations

from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES, Unwritable, dialect
from superset_kpi.errors import MacroError
from superset_kpi.macros.library import library, render_call
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import Mapping

SHOWN = 8


def unverified(mapping: Mapping) -> tuple[str, str] | None:
    """Returns a warning and what to do, where no test runs the mapping's engine; else None."""
    target = dialect(mapping.dialect)
    if target.verified is not None:
        return None
    lib = library()
    mapped = [m for m in lib.values() if not m.is_internal and not lib.missing(m, mapping)]
    lacking = frozenset(PRIMITIVES) - frozenset(target.primitives)
    refused = [m.name for m in mapped if lacking and _is_refused(m, mapping, lacking)]
    counted = f"{len(mapped) - len(refused)} of {len(mapped)} macros can be written"
    text = f"{mapping.name}.dialect: no test runs the macros on {mapping.dialect!r}; {counted}"
    if refused:
        more = f" and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        text += f", not these: {', '.join(refused[:SHOWN])}{more}"
    if "today" in lacking and refused and isinstance(mapping.as_of, str):
        return f"{text}.", "Name a day in as_of: standard SQL does not know the day in UTC."
    return f"{text}.", "Compare their numbers before you trust them."


def _is_refused(macro: Macro, mapping: Mapping, lacking: frozenset[str]) -> bool:
    if macro.needs_arguments:
        return _names(macro, lacking)
    try:
        render_call(macro.name, (), {}, mapping)
    except MacroError as error:
        return isinstance(error.__cause__, Unwritable)
    return False


def _names(macro: Macro, lacking: frozenset[str]) -> bool:
    """Returns whether a macro, or one that it calls, names a primitive of those."""
    called = {call.name.lower() for call in macro.body.find_all(exp.Anonymous)}
    return bool(called & lacking) or any(_names(m, lacking) for m in library().called_by(macro))
