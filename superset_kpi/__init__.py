"""Customer KPIs for Apache Superset: macros, datasets and dashboards from one mapping file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superset_kpi.api import Kpi, Query, connect
    from superset_kpi.errors import KpiError

__version__ = "0.1.0"
__all__ = ["Kpi", "KpiError", "Query", "__version__", "connect"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: `superset` and `superset-kpi` import this package to start.
    if name == "KpiError":
        from superset_kpi import errors

        return errors.KpiError
    if name in __all__:
        from superset_kpi import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
