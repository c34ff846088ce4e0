"""sql_macros/*.sql -> SQL in the warehouse's dialect over its own tables."""

from superset_kpi.macros.arguments import fewest_shown
from superset_kpi.macros.library import (
    Library,
    Rendered,
    inlined_expression,
    library,
    render_call,
    render_expression,
    render_query,
    rendered,
)
from superset_kpi.macros.macro import Argument, Macro, Returned

__all__ = [
    "Argument",
    "Library",
    "Macro",
    "Rendered",
    "Returned",
    "fewest_shown",
    "inlined_expression",
    "library",
    "render_call",
    "render_expression",
    "render_query",
    "rendered",
]
