"""The part that works inside Superset: the `kpi` object, install, doctor.

Importing this package imports nothing of Superset: its configuration file imports `configure`
from here while Superset itself is still being loaded.
"""

from superset_kpi.superset.configure import configure

__all__ = ["configure"]
