"""Which presets a warehouse holds, and their sources in its own names and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES, write_primitive
from superset_kpi.errors import KpiError, nearest
from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.proposal.draft import SURE, Line, Source
from superset_kpi.proposal.facts import Value, prefixed
from superset_kpi.proposal.people import with_known_customers
from superset_kpi.proposal.preset_files import (
    BRACES,
    People,
    Preset,
    PresetSource,
    PresetTable,
    Rows,
    read_presets,
)
from superset_kpi.warehouse.survey import Survey, SurveyTable

NONE = "none"

# What only one of several presets may say: nobody can tell whether two say the same.
_OF_ONE = ("transactions", "subscriptions")


@dataclass
class Recognised:
    """A preset that the warehouse holds, with what it gives to the mapping, and what to say."""

    preset: Preset
    sources: list[Source]
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """A preset with the tables of the warehouse that are its own."""

    preset: Preset
    places: dict[str, SurveyTable]
    survey: Survey

    def has(self, rows: Rows) -> bool:
        """Returns whether the tables are there, and the engine is one that can read them."""
        return rows.tables <= {*self.places} and rows.is_for(self.survey.dialect.engine)

    @property
    def people(self) -> People | None:
        """Returns who its customers are, if the warehouse holds their e-mails."""
        people = self.preset.people
        if people is None or not self.has(people):
            return None
        if people.table is not None:
            columns = {c.lower() for c in self.places[people.table].names}
            return people if {people.id.lower(), people.email.lower()} <= columns else None
        return people

    def feeds(self, logical: str) -> bool:
        """Returns whether it gives something to a logical table."""
        return any(self.has(s) for s in self.preset.mapping.get(logical, ()))


def recognised(survey: Survey, asked: Iterable[str]) -> list[Recognised]:
    """Returns the presets that the warehouse holds, or those asked for, with their sources.

    One that was asked for and is not there is a KpiError; `none` asks for no preset.
    """
    presets, wanted = read_presets(), list(dict.fromkeys(asked))
    if wanted == [NONE]:
        return []
    for name in wanted:
        if name not in presets:
            raise KpiError(f"init: there is no preset {name!r}. {nearest(name, [*presets, NONE])}")
    found: list[_Found] = []
    engine = survey.dialect.engine
    for name in wanted or presets:
        preset = presets[name]
        if preset.engines and engine not in preset.engines:
            if wanted:
                raise KpiError(
                    f"init: the preset {name!r} takes documents apart, in the words of "
                    f"{' and '.join(preset.engines)}. On {engine} make a view of the answers, one "
                    "row each, and map that."
                )
            continue
        places = _places(preset, survey)
        missing = [
            table
            for table, place in places.items()
            if place is None and not preset.tables[table].optional
        ]
        if not missing:
            there = {table: place for table, place in places.items() if place is not None}
            if all(f.preset.product != preset.product for f in found):  # else all counts twice
                found.append(_Found(preset, there, survey))
        elif wanted:
            columns = ", ".join(preset.tables[missing[0]].columns)
            raise KpiError(
                f"init: the preset {name!r} is not in this warehouse: there is no table "
                f"{missing[0]} with {columns}. Name its schema with --schema, or leave it out."
            )
    return _combined(found)


def _combined(found: list[_Found]) -> list[Recognised]:
    """Returns the sources of all, those of the others with the customers of the first.

    The first is the first that has purchases; where there are none, the first with customers.
    """
    with_customers = [f for f in found if f.feeds("customers")]
    if len(with_customers) < 2:
        return _apart([Recognised(f.preset, _sources(f)) for f in found], found)
    first = next((f for f in with_customers if f.feeds("transactions")), with_customers[0])
    without = next((f for f in with_customers if f.people is None), None)
    if without is not None:
        names = " and ".join(f.preset.name for f in with_customers)
        raise KpiError(
            f"init: the presets {names} have customers of their own, and {without.preset.name} "
            "has no e-mails, so that nobody can tell which are the same. Choose one, for example "
            f"--preset {first.preset.name}."
        )
    others = [f for f in found if f is not first]
    joined = [Recognised(first.preset, _sources(first)), *(_joined(f, first) for f in others)]
    return _apart(joined, found)


def _apart(all_of: list[Recognised], found: list[_Found]) -> list[Recognised]:
    """Returns the presets, where several feed a table with their names before its keys.

    Two products may have the same keys, and keys of one table must be of one type.
    """
    feeding = Counter(n for each in all_of for n in {s.logical for s in each.sources})
    target = next((f.survey.dialect for f in found), None)
    for each in all_of:
        for source in each.sources:
            if target is not None and feeding[source.logical] > 1:
                kinds = LOGICAL_TABLES[source.logical].columns
                source.lines = [
                    replace(line, value=prefixed(each.preset.name, [line.value], target))
                    if kinds[line.column].type == "key"
                    and line.column != "customer_id"
                    and isinstance(line.value, str)
                    else line
                    for line in source.lines
                ]
    return all_of


def _joined(found: _Found, first: _Found) -> Recognised:
    """Returns what a preset gives beside the one whose customers count."""
    theirs, ours = found.people, first.people
    name, other = found.preset.name, first.preset.name
    sources, remarks = [], []
    for source in _sources(found):
        if source.logical in ("customers", "segment_membership"):
            continue
        if source.logical in _OF_ONE and first.feeds(source.logical):
            remarks.append(
                f"The {source.logical} of {name} are left out: they may be those of {other}."
            )
            continue
        if theirs and ours and source.has("customer_id") and not _is_same(theirs, ours):
            source = with_known_customers(
                source,
                _written_people(theirs, found),
                _written_people(ours, first),
                other,
                found.survey,
            )
        sources.append(source)
    if theirs and ours:
        how = "id" if _is_same(theirs, ours) else "e-mail"
        remarks.append(
            f"The customers are those of {other}. What {name} says of others than these, by "
            f"{how}, stays without a customer."
        )
    return Recognised(found.preset, sources, list(dict.fromkeys(remarks)))


def _is_same(theirs: People, ours: People) -> bool:
    return theirs.ids is not None and theirs.ids == ours.ids


def _places(preset: Preset, survey: Survey) -> dict[str, SurveyTable | None]:
    """Returns the table of the warehouse for each of the preset's, all of one schema; or null."""
    choices: list[dict[str, SurveyTable | None]] = [dict.fromkeys(preset.tables)]
    for schema in dict.fromkeys(t.schema for t in survey.tables):
        known = [t for t in survey.tables if t.schema == schema]
        for prefix in _prefixes(preset, known):
            choices.append({n: _place(n, told, known, prefix) for n, told in preset.tables.items()})
    return max(choices, key=lambda places: sum(map(bool, places.values())))


def _prefixes(preset: Preset, known: list[SurveyTable]) -> list[str]:
    """Returns what the names of the preset's tables may begin with: nothing, unless it says so."""
    names = [t.name.lower() for t in known] if preset.prefixes else []
    found = {n.removesuffix(own) for own in preset.tables for n in names if n.endswith(own)}
    return ["", *sorted(found - {""})]


def _place(
    name: str, told: PresetTable, known: list[SurveyTable], prefix: str
) -> SurveyTable | None:
    names = {f"{prefix}{n}".lower() for n in (name, *told.also)}
    for table in known:
        columns = {n.lower() for n in table.names}
        if table.name.lower() in names and columns >= {c.lower() for c in told.columns}:
            return table
    return None


def _sources(found: _Found) -> list[Source]:
    return [
        _source(logical, told, found)
        for logical in found.preset.feeds
        for told in found.preset.mapping[logical]
        if found.has(told)
    ]


def _source(logical: str, told: PresetSource, found: _Found) -> Source:
    reason = f"the preset {found.preset.name}"
    place = found.places[told.table] if told.table else None
    lines = []
    for column, value in told.columns.items():
        mapped: Value = (
            _spelled(value, found)
            if isinstance(value, str)
            else value.model_dump(exclude_unset=True)
        )
        lines.append(Line(column, mapped, reason, SURE))
    return Source(
        logical,
        lines,
        reason,
        SURE,
        table=found.survey.written(place.schema, place.name) if place else None,
        select=_select(told, found) if told.select else None,
        where=_spelled(told.where, found) if told.where else None,
    )


def _written_people(people: People, found: _Found) -> str:
    """Returns a statement that gives `person_id` and `email`; an empty e-mail is null."""
    if people.table is None:
        origin = f"({_select(people, found)}) as person"
    else:
        place = found.places[people.table]
        origin = found.survey.written(place.schema, place.name)
    where = f" where {_spelled(people.where, found)}" if people.where else ""
    number, email = _spelled(people.id, found), _spelled(people.email, found)
    return (
        f"select {number} as person_id, nullif(lower(trim({email})), '') as email "
        f"from {origin}{where}"
    )


def _select(rows: Rows, found: _Found) -> str:
    engine = found.survey.dialect.engine
    read = engine if engine in rows.selects else "duckdb"
    return _spelled(rows.selects[read], found, read)


def _spelled(text: str, found: _Found, engine: str = "duckdb") -> str:
    """Returns SQL of the preset in the words of the warehouse's engine and with its names.

    It may have primitives of macros, such as plus_days.
    """
    survey = found.survey
    target = survey.dialect.sqlglot
    read = target if engine == survey.dialect.engine else engine
    names = {n.lower(): n for place in found.places.values() for n in place.names}
    tree = sqlglot.parse_one(BRACES.sub(lambda m: f"kpi__preset_{m[1]}", text), read=read)
    for node in tree.find_all(exp.Table):
        name = node.name.removeprefix("kpi__preset_")
        if name == node.name:  # a function that gives rows, or a CTE
            continue
        place = found.places[name]
        written = survey.written(place.schema, place.name)
        real = exp.maybe_parse(written, into=exp.Table, dialect=target)
        if node.args.get("alias"):
            real.set("alias", node.args["alias"].copy())
        node.replace(real)
    for column in tree.find_all(exp.Column):
        real_name = survey.written(names.get(column.name.lower(), column.name))
        column.set("this", exp.maybe_parse(real_name, into=exp.Identifier, dialect=target))

    def own(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and node.name in PRIMITIVES:
            return write_primitive(node.name, node.expressions, survey.dialect)
        return node

    return tree.transform(own).sql(dialect=target)
