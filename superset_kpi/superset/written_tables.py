"""Which relations in the warehouse may be read under this Superset's row-level security.

A rule is tied to the organisation's tables; rows that were copied out of them would escape it. So a
relation that any rule could touch is computed, whoever asks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from superset_kpi.errors import KpiError
from superset_kpi.macros.kept import RELATIONS
from superset_kpi.macros.written import available, sources, today, with_written
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written

logger = logging.getLogger("superset_kpi")


def with_readable(mapping: Mapping, known: Iterable[Written]) -> Mapping:
    """Returns the mapping whose macros read the tables that no rule can touch; on doubt none."""
    known = tuple(known)
    if not known:
        return mapping
    try:
        if _is_guest() or has_own_rules(_manager()):
            return mapping
        names = ruled_tables()
        free = [each for each in known if not rules_on(each.key, mapping, names)]
    except Exception:  # whatever it is: without an answer nothing is read
        logger.exception("Row-level security cannot be looked up; relations are computed.")
        return mapping
    return with_written(mapping, free, today())


def require_unruled(mapping: Mapping) -> None:
    """Raises a KpiError where a rule covers what the mapping's tables were made from."""
    if not mapping.written:
        return
    if has_own_rules(_manager()):
        raise KpiError(
            f"{mapping.name}: this Superset's security manager has row-level security of its own, "
            "which tables that materialize wrote would escape. Install without --materialized."
        )
    names = ruled_tables()
    for each in mapping.written:
        if covered := rules_on(each.key, mapping, names):
            raise KpiError(
                f"{mapping.name}: {each.schema}.{each.name} was made from {covered[0]}, which a "
                "rule of row-level security covers. Install without --materialized."
            )


def ruled_tables() -> set[str]:
    """Returns the names, in lower case, of the tables that any rule covers."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    rules = db.session.query(RowLevelSecurityFilter)
    return {_bare(table.table_name) for rule in rules for table in rule.tables}


def rules_on(key: str, mapping: Mapping, ruled: set[str]) -> list[str]:
    """Returns those of a relation's sources that a rule may cover, going by the name alone."""
    if key not in available(mapping):
        return []
    return [source for source in sources(key, mapping) if _bare(source) in ruled]


def relations_in(sql: str, mapping: str) -> dict[str, str]:
    """Returns the keys of relations by the names of tables that a dataset's SQL reads."""
    keys = "|".join(RELATIONS)
    pattern = rf"\b({re.escape(mapping)}_({keys})_[0-9a-f]{{8}})\b"
    return dict(re.findall(pattern, sql))


def _bare(name: str) -> str:
    return name.rsplit(".", 1)[-1].strip('"`[]').lower()


def has_own_rules(manager: type) -> bool:
    """Returns whether a class of security managers makes rules that stand in no table."""
    from superset.security import SupersetSecurityManager

    return manager.get_rls_filters is not SupersetSecurityManager.get_rls_filters  # type: ignore[attr-defined]


def _manager() -> type:
    from superset import security_manager

    return type(security_manager._get_current_object())


def _is_guest() -> bool:
    """Returns whether it is a guest of an embedded dashboard, whose rules stand in a token."""
    from superset import security_manager

    return bool(security_manager.is_guest_user())
