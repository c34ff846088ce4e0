"""The one reader of YAML: mappings, models, tables, macros' headers, dashboards, cards."""

from superset_kpi.documents.reading import (
    Document,
    KeyPath,
    own_document,
    parse_document,
    read_document,
    read_yaml,
)
from superset_kpi.documents.shape import checked, sentence, shown

__all__ = [
    "Document",
    "KeyPath",
    "checked",
    "own_document",
    "parse_document",
    "read_document",
    "read_yaml",
    "sentence",
    "shown",
]
