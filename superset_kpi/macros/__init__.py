"""sql_macros/*.sql -> SQL in the warehouse's dialect over its own tables."""

from superset_kpi.macros.library import (
    Library,
    library,
    render_call,
    render_expression,
    render_query,
)
from superset_kpi.macros.macro import Argument, Macro, Returned

__all__ = [
    "Argument",
    "Library",
    "Macro",
    "Returned",
    "library",
    "render_call",
    "render_expression",
    "render_query",
]
