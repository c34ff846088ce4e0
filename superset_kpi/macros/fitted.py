"""What `superset-kpi fit` found, as SQL: parameters as rows.

Macros read the parameters from `customer_models`, `contract_models` and `holdout_models`, and how
the fits came out from `fitted_models`, which has no rows where nothing was fitted. What they
call is in forecasts.py.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from sqlglot import exp

from superset_kpi.errors import MacroError
from superset_kpi.macros.arguments import number_node
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.models import KINDS

_TYPES = {
    "model_no": "bigint",
    "scheme": "text",
    "segment": "text",
    "model": "text",
    "kind": "text",
    "problems": "text",
    "observations": "bigint",
    "fitted_to": "date",
}
_CUSTOMER_COLUMNS = ("r", "alpha", "a", "b", "p", "q", "gamma")
_COLUMNS = {
    "customer_models": ("model_no", "scheme", "segment", "model", *_CUSTOMER_COLUMNS, "fitted_to"),
    "holdout_models": ("model_no", "scheme", "segment", "model", *_CUSTOMER_COLUMNS, "fitted_to"),
    "contract_models": ("model_no", "scheme", "segment", "alpha", "beta", "fitted_to"),
    "fitted_models": (
        *("model_no", "kind", "scheme", "segment", "model", "observations", "problems"),
        "fitted_to",
    ),
}
MODEL_TABLES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(_COLUMNS)


_KINDS = {"customer_models": KINDS[0], "contract_models": KINDS[1], "holdout_models": KINDS[2]}


def kind_of(table: str) -> str | None:
    """Returns the kind of model without which a table is missing; fitted_models is always there."""
    return _KINDS.get(table)


def not_fitted(macro: str, mapping: Mapping) -> MacroError:
    """Returns the error of a macro that needs a model which the mapping lacks."""
    return MacroError(
        f"{macro}: the mapping {mapping.name!r} has no fitted model. Run superset-kpi fit."
    )


def models_select(table: str, mapping: Mapping) -> exp.Query:
    """Returns the parameters of every model of a kind as rows."""
    wanted = MODEL_TABLES[table]
    models, kind = mapping.models, kind_of(table)
    if kind and (models is None or not models.has(kind)):
        raise not_fitted(table, mapping)
    if models is None or not (kind or models.fits):
        return exp.select(*(_value(None, c).as_(c) for c in wanted)).where("1 = 0", copy=False)
    day = models.calibration_end if table == "holdout_models" else models.observation_end
    query: exp.Query | None = None
    for number, model in enumerate(getattr(models, kind) if kind else models.fits, 1):
        values = {"model_no": number, "fitted_to": day, **vars(model)}
        select = exp.select(*(_value(values[c], c).as_(c) for c in wanted))
        query = select if query is None else exp.union(query, select, distinct=False, copy=False)
    assert query is not None
    return query


def _value(value: Any, column: str) -> exp.Expression:
    kind = _TYPES.get(column, "double")
    if value is None:
        return exp.cast(exp.null(), kind)
    if kind == "date":
        text = exp.Literal.string(value.isoformat())
        return exp.Anonymous(this="day_of", expressions=[text])
    if kind == "text":
        return exp.Literal.string(value)
    literal = exp.Literal.number(value) if kind == "bigint" else number_node(value)
    return exp.cast(literal, kind)
