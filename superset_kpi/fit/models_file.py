"""kpi.models.yaml: written so that a change of a model is read and reviewed like code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from superset_kpi.documents import read_document
from superset_kpi.files import write_whole
from superset_kpi.mapping.models import ModelsFile, models_path

HEADER = """\
# Written by `superset-kpi fit`; read together with the mapping file beside it.
# alpha of purchases counts weeks, renewals are monthly, gamma is in the mapping's currency.
# purchases: rate ~ Gamma(r, alpha), chance to leave after a purchase ~ Beta(a, b).
# spend: one purchase ~ Gamma(p, nu), nu ~ Gamma(q, gamma).
# renewals: chance to leave at the end of a month ~ Beta(alpha, beta).
# scored_within: largest relative error of the forecasts' formulas, up to 120 months.
# A scheme's segment that is not listed uses the models of all customers.
"""


def write_models(mapping_file: Path, name: str, fitted: ModelsFile) -> Path:
    """Writes the mapping's entry, leaving those of other mappings as they are; returns the file.

    What stood there before is kept beside it, see `previous_path`.
    """
    path = models_path(mapping_file)
    entries: dict[str, Any] = {}
    if path.is_file():
        entries = read_document(path).values or {}
    entries[name] = fitted.plain()
    text = yaml.dump(
        dict(sorted(entries.items())), Dumper=_Dumper, sort_keys=False, width=100, indent=2
    )
    content = (HEADER + text).encode()
    if path.is_file() and (before := path.read_bytes()) != content:
        write_whole(previous_path(path), before)
    write_whole(path, content)
    return path


def previous_path(models_file: Path) -> Path:
    """Returns where the models before the last fit are: kpi.models.previous.yaml."""
    return models_file.with_name(f"{models_file.stem}.previous{models_file.suffix}")


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Lists stand below their key, indented; numbers in short rows."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        is_numbers = bool(mapping) and all(isinstance(v, float) for v in mapping.values())
        return super().represent_mapping(tag, mapping, is_numbers or flow_style)
