"""Which database, dialect and dataset a template is being rendered for.

Superset tells a macro none of this. Its template context holds bound methods, and the object that
they are bound to knows it (5.0 to 6.1); where that is missing, the `where_in` filter still knows
the dialect (4.1 to 6.1). See docs/decisions.md#cache.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from jinja2.runtime import Context

from superset_kpi.errors import KpiError, MacroError
from superset_kpi.macros import library
from superset_kpi.mapping import Mapping


@dataclass(frozen=True)
class QueryAtHand:
    """`database` is None where Superset does not say; `engines` are Superset's names of it."""

    database: str | None
    engines: tuple[str, ...]
    extra_cache: Any = None

    def require_findable(self, mapping: Mapping) -> None:
        """Raises a KpiError where row-level security would miss a table of the mapping."""
        from flask import g

        from superset_kpi.superset.spelling import require_findable

        if self.database is None:
            return
        database = self.extra_cache.database
        schema = getattr(getattr(self.extra_cache, "table", None), "schema", None)
        checked = g.setdefault("superset_kpi_findable", set())  # one query renders several times
        if (key := (mapping.digest, database.id, schema)) not in checked:
            require_findable(mapping, database, schema)
            checked.add(key)

    def require_seen(self, macro: str, sql: str, mapping: Mapping) -> None:
        """Raises a MacroError where a CTE around a relation hides a table from its rules."""
        from superset_kpi.superset.around import require_seen

        if self.database is not None and (template := self._template()):
            require_seen(macro, sql, mapping, template, self.engines[0])

    def _template(self) -> str:
        """Returns what the macro stands in: a dataset's SQL, or what SQL Lab sent."""
        from flask import has_request_context, request

        if (table := getattr(self.extra_cache, "table", None)) is not None:
            return table.sql or ""
        body = request.get_json(silent=True) if has_request_context() else None
        sent = body.get("sql") if isinstance(body, dict) else None
        return sent if isinstance(sent, str) else ""

    def add_to_cache_key(self, macro: str, sql: str) -> None:
        """Makes the cache key of a chart depend on what the macro stands for in its dataset.

        Superset keys a chart by the unrendered text, so users with different row-level security
        would share the rows of a relation: it is refused where Superset does not ask for further
        keys. Only charts are cached: SQL Lab and column synchronisation collect no keys.
        """
        extra = self.extra_cache
        table = getattr(extra, "table", None)
        if table is None or extra.extra_cache_keys is None:
            return
        if library()[macro].kind == "relation":
            _refuse_unwatched(macro, table, extra.regex)
            try:
                predicates = _row_level_security(sql, table)
            except KpiError as error:
                raise MacroError(f"kpi.{macro}: {error}") from error
            if predicates:
                extra.cache_key_wrapper(json.dumps(predicates))
        extra.cache_key_wrapper(sql)


def query_at_hand(context: Context) -> QueryAtHand:
    """Returns what the template's context reveals about the query."""
    arguments = getattr(context.get("url_param"), "args", ())
    extra = getattr(arguments[0], "__self__", None) if arguments else None
    database = getattr(extra, "database", None)
    if database is not None:
        spec = database.db_engine_spec
        return QueryAtHand(database.database_name, (spec.engine, *spec.engine_aliases), extra)
    dialect = getattr(context.environment.filters.get("where_in"), "dialect", None)
    return QueryAtHand(None, (getattr(dialect, "name", "unknown"),), extra)


def _refuse_unwatched(macro: str, table: Any, watched: re.Pattern[str]) -> None:
    """Raises unless the relation stands in the dataset's SQL only, and Superset watches that.

    In a formula its tables would escape row-level security altogether.
    """
    call = re.compile(rf"\bkpi\b[^{{}}]*\.\s*{macro}\s*\(")
    formulas = [f.expression or "" for f in (*table.metrics, *table.columns)]
    if not call.search(table.sql or "") or any(map(call.search, formulas)):
        raise MacroError(
            f"kpi.{macro}: it gives rows, but is in a formula or a filter. Use it after FROM in "
            "SQL Lab or in the SQL of a dataset; formulas take macros that give one value."
        )
    if not watched.search(table.sql):
        raise MacroError(
            f"kpi.{macro}: without a cache key its rows would be shared by users with different "
            f"row-level security. Write {{{{ cache_key_wrapper(kpi.{macro}(...)) }}}} in the "
            "dataset's SQL."
        )


def _row_level_security(sql: str, table: Any) -> list[str]:
    """Returns the predicates that Superset will put on the tables under the rendered SQL."""
    from superset_kpi.superset.rules import applied

    database = table.database
    schema = table.schema or database.get_default_schema(table.catalog) or ""
    return applied(f"select * from {sql} kpi__rows", database, table.catalog, schema)
