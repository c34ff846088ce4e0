"""One line at the end of superset_config.py: `configure(globals())`."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from pathlib import Path
from typing import Any

from superset_kpi.superset.installed import TEMPLATES_FLAG
from superset_kpi.superset.mapping_file import MappingFile
from superset_kpi.superset.templates import Kpi

logger = logging.getLogger("superset_kpi")

MAPPING_KEY = "SUPERSET_KPI_MAPPING"
_OFF = ("", "0", "f", "false", "n", "no", "off")


def configure(config: dict[str, Any], mapping: str | Path | None = None) -> None:
    """Adds the `kpi` object to the templates of a Superset configuration, in place.

    The mapping file is the argument, else `SUPERSET_KPI_MAPPING` in the configuration or in the
    environment, else `kpi.yaml` beside the configuration file. It is read when a macro is used, so
    that a fault in it never keeps Superset from starting.
    """
    path = mapping_path(config, mapping)
    config[MAPPING_KEY] = str(path)
    _switch_templates_on(config)
    _let_pymysql_stand_in()
    addons = dict(config.get("JINJA_CONTEXT_ADDONS") or {})
    if "kpi" in addons and not isinstance(addons["kpi"], Kpi):
        logger.warning(
            "JINJA_CONTEXT_ADDONS: `kpi` already exists and is replaced by superset-kpi's. "
            "Rename the other one."
        )
    addons["kpi"] = Kpi(MappingFile(path))
    config["JINJA_CONTEXT_ADDONS"] = addons
    if not path.is_file():
        logger.warning(
            "%s: there is no mapping file %s. Write one with `superset-kpi init`; until then every "
            "use of the `kpi` macros is an error.",
            MAPPING_KEY,
            path,
        )


def mapping_path(config: dict[str, Any], mapping: str | Path | None = None) -> Path:
    """Returns the path of the mapping file that a configuration names, existing or not."""
    beside = Path(config.get("__file__") or "superset_config.py").parent / "kpi.yaml"
    named = mapping or config.get(MAPPING_KEY) or os.environ.get(MAPPING_KEY) or beside
    return Path(named).expanduser().absolute()


def _switch_templates_on(config: dict[str, Any]) -> None:
    flags = dict(config.get("FEATURE_FLAGS") or {})
    environment = os.environ.get(f"SUPERSET_FEATURE_{TEMPLATES_FLAG}")
    refused = flags.get(TEMPLATES_FLAG) is False or (
        TEMPLATES_FLAG not in flags
        and environment is not None
        and environment.strip().lower() in _OFF
    )
    if refused:
        logger.warning(
            "FEATURE_FLAGS: %s is switched off, so the `kpi` macros are not expanded. "
            "Set it to True; the installed dashboards work without it.",
            TEMPLATES_FLAG,
        )
        return
    config["FEATURE_FLAGS"] = {**flags, TEMPLATES_FLAG: True}


def _let_pymysql_stand_in() -> None:
    """Makes PyMySQL known as MySQLdb where that is not installed.

    Superset imports MySQLdb for the types of a result, whatever driver the connection names, so
    that with PyMySQL alone every chart would end in "No module named 'MySQLdb'".
    """
    if importlib.util.find_spec("MySQLdb") is None and importlib.util.find_spec("pymysql"):
        importlib.import_module("pymysql").install_as_MySQLdb()
