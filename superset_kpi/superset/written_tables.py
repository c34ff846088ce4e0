"""Which relations in the warehouse may be read under this Superset's row-level security.

A rule is tied to the organisation's tables; rows that were copied out of them would escape it. So a
relation that any rule could touch is computed, whoever asks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator

from superset_kpi.dashboards.record import PREFIX, edits, read_record
from superset_kpi.errors import KpiError
from superset_kpi.macros.kept import relations
from superset_kpi.macros.written import (
    available,
    physical_sources,
    statement_digest,
    table_name,
    today,
    with_written,
)
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.physical import tables_read
from superset_kpi.superset.installed import Installed, find_database, installed, model_of
from superset_kpi.superset.spelling import Known, known_tables, may_cover

REMEDY_OF_EDITED = (
    "A user edited its SQL, which installations keep: write the SQL without that table, or delete "
    "the dataset and install again."
)

logger = logging.getLogger("superset_kpi")


def with_readable(mapping: Mapping, known: Iterable[Written]) -> Mapping:
    """Returns the mapping whose macros read the tables that no rule can touch; on doubt none."""
    known = tuple(known)
    if not known:
        return mapping
    try:
        if may_bring_rules():
            return mapping
        ruled = ruled_tables(mapping)
        free = [each for each in known if not rules_on(each.key, mapping, ruled)]
    except Exception:  # whatever it is: without an answer nothing is read
        logger.exception("Row-level security cannot be looked up; relations are computed.")
        return mapping
    return with_written(mapping, free, today(mapping))


def require_unruled(mapping: Mapping) -> None:
    """Raises a KpiError where datasets over the mapping's tables could show what rules hide."""
    if not mapping.written:
        return
    if reason := why_never():
        raise KpiError(f"{mapping.name}: {reason} Install without --materialized.")
    ruled = ruled_tables(mapping)
    for each in mapping.written:
        if covered := rules_on(each.key, mapping, ruled):
            raise KpiError(
                f"{mapping.name}: {each.schema}.{each.name} was made from {covered[0]}, which a "
                "rule of row-level security covers. Install without --materialized."
            )


def require_no_leaking_edit(mapping: Mapping) -> None:
    """Raises a KpiError where a dataset that a user edited shows what rules hide.

    An installation keeps what users edited, and so would keep it.
    """
    for dataset, leak in leaks(mapping):
        if is_sql_edited(dataset):
            raise KpiError(f"dataset {dataset.name}: {leak} {REMEDY_OF_EDITED}")


def leaks(mapping: Mapping) -> Iterator[tuple[Installed, str]]:
    """Yields the installed datasets that read a table whose rows escape rules, and how."""
    reading = list(readers(mapping))
    if not reading:
        return
    never, ruled = why_never(), ruled_tables(mapping)
    for dataset, table, key in reading:
        if covered := rules_on(key, mapping, ruled):
            whose = f"the rule of row-level security on {covered[0]}"
            yield dataset, f"It reads {table}, whose rows escape {whose}."
        elif never:
            yield dataset, f"It reads {table}: {never}"
        elif is_earlier(table, key, mapping) and has_rules(mapping):
            made = f"It reads {table}, which was made with an earlier mapping or models"
            yield dataset, f"{made}: nobody knows which rules of row-level security it escapes."


def is_earlier(table: str, key: str, mapping: Mapping) -> bool:
    """Returns whether a table has other rows than the mapping as it is now would give it."""
    if key not in available(mapping):
        return True
    names = (table_name(key, statement_digest(key, k, mapping), mapping) for k in ("table", "view"))
    return table not in names


def has_rules(mapping: Mapping) -> bool:
    """Returns whether any rule stands on a table of the mapping's database."""
    from superset import db
    from superset.connectors.sqla.models import RLSFilterTables, SqlaTable

    ruled = db.session.query(SqlaTable.id).join(
        RLSFilterTables, RLSFilterTables.c.table_id == SqlaTable.id
    )
    about = SqlaTable.database_id == find_database(mapping).id
    return ruled.filter(about).first() is not None


def readers(mapping: Mapping) -> Iterator[tuple[Installed, str, str]]:
    """Yields each installed dataset with each written table that it reads, and its key."""
    from superset import db

    cls = model_of("dataset")
    ours = cls.external_url.like(f"{PREFIX}%")
    for row in db.session.query(cls).filter(ours, cls.sql.contains(f"{mapping.name}_")):
        known = read_record(row.external_url)
        if known is not None and known.mapping == mapping.name:
            for table, key in relations_in(row.sql, mapping.name).items():
                yield installed("dataset", row), table, key


def is_sql_edited(dataset: Installed) -> bool:
    """Returns whether a user changed what the dataset reads."""
    return dataset.record is None or "sql" in edits("dataset", dataset.tree, dataset.record)


def why_never() -> str:
    """Returns why this Superset's datasets must not read tables at all, or nothing."""
    from superset import feature_flag_manager

    if has_own_rules(_manager()):
        return (
            "this Superset's security manager has row-level security of its own, which tables that "
            "materialize wrote would escape."
        )
    if feature_flag_manager.is_feature_enabled("EMBEDDED_SUPERSET"):
        return (
            "this Superset has guests (EMBEDDED_SUPERSET), whose tokens bring rules of their own, "
            "which tables that materialize wrote would escape."
        )
    return ""


def ruled_tables(mapping: Mapping) -> list[Known]:
    """Returns the datasets with a rule whose names are like those of the mapping's tables."""
    names = {table.name.text for _, table in tables_read(mapping)}
    return [each for each in known_tables(find_database(mapping), names) if each.rules]


def rules_on(key: str, mapping: Mapping, ruled: Iterable[Known]) -> list[str]:
    """Returns those of a relation's sources that a rule may cover."""
    if key not in available(mapping):
        return []
    covers = tuple(ruled)
    tables = physical_sources(key, mapping)
    return [str(table) for table in tables if any(may_cover(table, each) for each in covers)]


def relations_in(sql: str, mapping: str) -> dict[str, str]:
    """Returns the keys of relations by the names of tables that a dataset's SQL reads."""
    keys = "|".join(relations())
    pattern = rf"\b({re.escape(mapping)}_({keys})_[0-9a-f]{{8}})\b"
    return dict(re.findall(pattern, sql))


def has_own_rules(manager: type) -> bool:
    """Returns whether a class of security managers makes rules that stand in no table."""
    from superset.security import SupersetSecurityManager

    return manager.get_rls_filters is not SupersetSecurityManager.get_rls_filters  # type: ignore[attr-defined]


def may_bring_rules() -> bool:
    """Returns whether rules may apply that stand in no table: a guest's, or a manager's own."""
    return _is_guest() or has_own_rules(_manager())


def _manager() -> type:
    from superset import security_manager

    return type(security_manager._get_current_object())


def _is_guest() -> bool:
    """Returns whether it is a guest of an embedded dashboard, whose rules stand in a token."""
    from superset import security_manager

    return bool(security_manager.is_guest_user())
