"""kpi.yaml -> Mapping: which of the organisation's tables the logical ones are."""

from superset_kpi.mapping.logical import LOGICAL_TABLES
from superset_kpi.mapping.model import MappedColumn, Mapping, Scale, Source, changed
from superset_kpi.mapping.models import Models
from superset_kpi.mapping.read import pick_mapping, read_mappings

__all__ = [
    "LOGICAL_TABLES",
    "MappedColumn",
    "Mapping",
    "Models",
    "Scale",
    "Source",
    "changed",
    "pick_mapping",
    "read_mappings",
]
