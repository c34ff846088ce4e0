"""What a chart's query asks, as SQL of our own over a table `rows` of its dataset's rows."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any

import jinja2

GRAINS = {"P1D": "day", "P3M": "quarter", "P1M": "month", "P1Y": "year"}


def select(query: Dict[str, Any], metrics: Dict[str, str]) -> str:
    """Returns the select without order and limit; `metrics` are the dataset's, as DuckDB's SQL."""
    columns = {_label(column): _column(column) for column in query.get("columns") or []}
    wanted = columns | {_label(m): _metric(m, metrics) for m in query.get("metrics") or []}
    extras = query.get("extras") or {}
    where = [_condition(each) for each in query.get("filters") or []]
    where += [f"({_rendered(extras['where'], query)})"] if extras.get("where") else []
    shown = ", ".join(f'{sql} as "{label}"' for label, sql in wanted.items())
    is_grouped = columns and query.get("metrics") is not None  # as Superset has it
    return (
        f"select {shown} from rows where {' and '.join(where) or 'true'}"
        + (f" group by {', '.join(columns.values())}" if is_grouped else "")
        + (f" having {extras['having']}" if extras.get("having") else "")
    )


def _rendered(text: str, query: Dict[str, Any]) -> str:
    chosen = {each["col"]: each.get("val") for each in query.get("filters") or []}
    return jinja2.Template(text).render(filter_values=chosen.get, url_param=lambda _: None)


def _label(asked: str | Dict[str, Any]) -> str:
    return asked if isinstance(asked, str) else str(asked.get("label") or asked["sqlExpression"])


def _metric(metric: str | Dict[str, Any], metrics: Dict[str, str]) -> str:
    return metrics[metric] if isinstance(metric, str) else str(metric["sqlExpression"])


def _column(column: str | Dict[str, Any]) -> str:
    if isinstance(column, str):
        return f'"{column}"'
    name = f'"{column["sqlExpression"]}"'
    grain = column.get("timeGrain")
    return f"date_trunc('{GRAINS[grain]}', {name})" if grain else name


def _condition(condition: Dict[str, Any]) -> str:
    column, operator, value = f'"{condition["col"]}"', condition["op"], condition.get("val")
    if operator in ("IS NOT NULL", "IS NULL"):
        return f"{column} {operator}"
    if operator in ("IN", "NOT IN"):
        return f"{column} {operator} ({', '.join(map(literal, value))})"
    assert operator in ("==", "!=", ">", ">=", "<", "<="), operator
    return f"{column} {operator} {literal(value)}"


def literal(value: Any) -> str:
    """Returns a value as SQL."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
