"""What an installation would do, object by object. Needs the application, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from packaging.version import Version

from superset_kpi import __version__
from superset_kpi.dashboards.absent import Absent
from superset_kpi.dashboards.bundle import Bundle, build_bundle, identity, with_catalog
from superset_kpi.dashboards.looking import Ask, asker, look
from superset_kpi.dashboards.record import Tree, merged, relinked, whole_digest
from superset_kpi.errors import KpiError, WarehouseError
from superset_kpi.mapping import Mapping
from superset_kpi.superset.answers import require_answer
from superset_kpi.superset.deleted import deleted, version_of
from superset_kpi.superset.installed import (
    Installed,
    by_uuid,
    default_catalog,
    find_database,
    model_of,
    recorded,
    renders_templates,
    title_of,
)
from superset_kpi.superset.removal import reasons_to_keep
from superset_kpi.superset.rules import require_applicable
from superset_kpi.superset.spelling import require_findable
from superset_kpi.superset.templates import has_macros
from superset_kpi.superset.written_tables import require_no_leaking_edit, require_unruled
from superset_kpi.warehouse.connection import why

Action = Literal["create", "update", "keep", "edited", "clash", "remove", "away"]


@dataclass(frozen=True)
class Step:
    """What happens to one object.

    `edited` names the parts that stay as a user made them; the action `edited` means that nothing
    else would change.
    """

    kind: str
    key: str
    name: str
    action: Action
    uuid: str
    edited: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps of an installation, in order, and what is left out for want of data.

    `bundle` is what would be written.
    """

    mapping: Mapping
    steps: tuple[Step, ...]
    absent: tuple[Absent, ...]
    bundle: Bundle = field(repr=False, compare=False)

    def only(self, *actions: Action) -> list[Step]:
        """Returns the steps with one of the actions."""
        return [step for step in self.steps if step.action in actions]


def plan(
    mapping: Mapping, folder: Path | None = None, restore: bool = False, looks: bool = False
) -> Plan:
    """Returns what `apply` will do for the mapping; it `looks` at the data if told to.

    `restore` brings back what users deleted. What a later version installed is a KpiError.
    """
    _require_no_downgrade(mapping.name)
    return plan_of(bundle_for(mapping, folder, restore, looks), mapping)


def _require_no_downgrade(mapping: str) -> None:
    installed = version_of(mapping)
    if installed is not None and installed > Version(__version__):
        raise KpiError(
            f"{mapping}: superset-kpi {installed} installed these dashboards, and this is "
            f"{__version__}, which does not know what the later one wrote. Upgrade the package, "
            f"or remove them first with `superset-kpi uninstall {mapping}`."
        )


def bundle_for(
    mapping: Mapping, folder: Path | None = None, restore: bool = False, looks: bool = False
) -> Bundle:
    """Returns the bundle, bound to the database connection that Superset has for the mapping.

    What users deleted is left out, unless it is to be restored. The datasets read the tables in
    `mapping.written`, which no rule of row-level security covers; where that would not do what it
    says, a KpiError tells. If it `looks` at the data, what that cannot feed is left out, too.
    """
    from superset_kpi.superset.query_context import query_context

    database = find_database(mapping)
    require_answer(mapping, database)
    catalog = default_catalog(database)
    _require_safe(mapping, database)
    away = set() if restore else deleted(mapping.name)
    with _asking(database, catalog) if looks else nullcontext() as ask:
        seen = look(mapping, ask) if ask else None
        number, renders = str(database.uuid), renders_templates()
        examples = renders and has_macros(mapping.name)
        bundle = build_bundle(mapping, number, query_context, folder, away, seen, renders, examples)
    return with_catalog(bundle, catalog)


def _require_safe(mapping: Mapping, database: Any) -> None:
    """Raises a KpiError where somebody would see rows that a rule of the instance hides."""
    require_findable(mapping, database)
    require_applicable(mapping, database)
    require_unruled(mapping)
    require_no_leaking_edit(mapping)


@contextmanager
def _asking(database: Any, catalog: str | None) -> Iterator[Ask]:
    """Yields what runs a SELECT on Superset's own connection."""
    with database.get_sqla_engine(catalog=catalog) as engine:
        try:
            connection = engine.connect()
        except Exception as error:
            reason = why(error, engine.url)
            raise WarehouseError(
                f"{database.database_name}: the database cannot be reached ({reason}). "
                "Check the connection in Superset, or skip the data check with "
                "--no-data-check."
            ) from error
        with closing(connection):
            yield asker(connection)


def plan_of(bundle: Bundle, mapping: Mapping) -> Plan:
    """Returns what writing the bundle would do."""
    steps = [_step(kind, key, tree) for kind, key, tree in bundle.trees()]
    wanted = {step.uuid for step in steps}
    retired: list[Installed] = []
    left_alone: list[Installed] = []
    for each in recorded(bundle.mapping):
        if each.uuid not in wanted:
            alone = each.kind == "chart" and f"dashboard/{each.key.split('/')[0]}" in bundle.away
            (left_alone if alone else retired).append(each)
    rewritten = {
        (step.kind, step.uuid)
        for step in steps
        if step.action == "update" and not {"position", "metadata", "query"} & {*step.edited}
    }
    reasons = reasons_to_keep(retired, rewritten=rewritten)
    for each in retired:
        reason = reasons.get((each.kind, each.uuid), "")
        steps.append(
            Step(
                each.kind,
                each.key,
                each.name,
                "keep" if reason else "remove",
                each.uuid,
                reason=reason or "it is no longer shipped, or its data is no longer there.",
            )
        )
    for each in left_alone:
        why = "a user deleted its dashboard, but not the chart."
        steps.append(Step(each.kind, each.key, each.name, "keep", each.uuid, reason=why))
    for key, name in bundle.away.items():
        kind, _, key = key.partition("/")
        why = "a user deleted it; install --restore brings it back."
        uuid = identity(bundle.mapping, kind, key)
        steps.append(Step(kind, key, name, "away", uuid, reason=why))
    return Plan(mapping, tuple(steps), bundle.absent, bundle)


def refuse_misfit(planned: Plan) -> None:
    """Raises a KpiError where the instance is not the one that the plan was made for any more."""
    database = find_database(planned.mapping)
    _require_safe(planned.mapping, database)
    now = plan_of(planned.bundle, planned.mapping)
    bound = {tree["database_uuid"] for tree in planned.bundle.datasets.values()}
    changed = [step for step in now.steps if step not in planned.steps]
    changed += [step for step in planned.steps if step.uuid not in {s.uuid for s in now.steps}]
    if changed or bound - {str(database.uuid)}:
        what = [f"{step.kind} {step.name!r}" for step in changed[:3]] or ["the connection"]
        more = " and others" if len(changed) > 3 else ""
        raise KpiError(
            f"{planned.mapping.name}: since the plan was made, somebody changed "
            f"{', '.join(what)}{more}. Nothing is written. Look at the plan again."
        )


def refuse_clashes(planned: Plan) -> None:
    """Raises a KpiError that names what stands in the way of writing, if anything does."""
    clashes = planned.only("clash")
    if clashes:
        raise KpiError("\n".join(f"{step.kind} {step.name}: {step.reason}" for step in clashes))


def _step(kind: str, key: str, tree: Tree) -> Step:
    current, uuid = by_uuid(kind, tree["uuid"]), tree["uuid"]
    if current is None:
        clash = _clash(kind, tree)
        name = title_of(kind, tree)
        return Step(kind, key, name, "clash" if clash else "create", uuid, reason=clash)
    _, edited = merged(kind, tree, current.tree, current.record)
    action: Action = "edited" if edited else "keep"
    lost = relinked(kind, tree, current.tree) != current.tree
    if lost or current.record is None or current.record.shipped != whole_digest(kind, tree):
        action = "update"
    return Step(kind, key, current.name, action, uuid, tuple(edited))


def _clash(kind: str, tree: Tree) -> str:
    """Returns why a new object cannot be written beside what is there, or nothing."""
    from superset import db

    model = model_of(kind)
    if kind == "dashboard":
        taken = db.session.query(model).filter_by(slug=tree["slug"]).first()
        if taken is not None:
            return (
                f"its address, {tree['slug']!r}, belongs to the dashboard "
                f"{taken.dashboard_title!r}. Give that one another slug."
            )
    if kind == "dataset":
        same = db.session.query(model).filter_by(table_name=tree["table_name"]).all()
        everywhere = db.engine.dialect.name == "sqlite"  # there a name is unique in the whole store
        for other in same:
            if everywhere or str(other.database.uuid) == tree["database_uuid"]:
                return (
                    f"a dataset of this name exists already (id {other.id}, on the database "
                    f"{other.database.database_name!r}). Rename or delete that one."
                )
    return ""
