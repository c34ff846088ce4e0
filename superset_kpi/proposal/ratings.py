"""What customers answered: columns of small whole numbers, or of words, that questions have."""

from __future__ import annotations

from dataclasses import dataclass

from superset_kpi.mapping.model import USUAL_NPS_SCALES, USUAL_SCALES
from superset_kpi.proposal.customers import Link, link_of
from superset_kpi.proposal.draft import LIKELY, SURE, UNSURE, Line, Question, Source
from superset_kpi.proposal.facts import Column, prefixed, scale_case
from superset_kpi.proposal.roles import best_moment, category, first
from superset_kpi.proposal.tables import Table
from superset_kpi.proposal.words import sounds
from superset_kpi.warehouse.mends import as_text, quoted

# The order in which a name is tried: "support effort" is about effort.
METRICS = ("nps", "ces", "csat", "satisfaction", "experience", "value")
# Scales end at these numbers.
ENDS = (5, 7, 10, 100)
MOST_STEPS = 21


@dataclass(frozen=True)
class Asked:
    """A question of a table: its column, its metric, and, in long tables, what it is about."""

    table: Table
    column: Column
    metric: str
    sure: float
    item: Column | None = None


def questions_of(table: Table) -> list[Asked]:
    """Returns the ratings that a table has, one for each column, or one with an item."""
    rated = [c for c in table.measures if _is_rating(c)]
    named = [(c, m) for c in rated if (m := _metric_of(c))]
    is_survey = sounds("ratings", table.name) or metric_of(table.name) is not None
    referring = [r.column for r in table.references.values() if r.column.is_category]
    item = category(table, "item", [c.name for c in rated]) or next(
        (c for c in referring if sounds("item", c.name)), None
    )
    generic = [c for c in rated if sounds("rating", c.name)]
    if item is not None and is_survey and (generic or named):
        points = (generic or [c for c, _ in named])[0]
        metrics = {text: metric_of(text) for text in item.distinct}
        metric = "" if all(metrics.values()) else "attribute"
        return [Asked(table, points, metric, LIKELY, item)]
    found = []
    if is_survey or len(named) > 1 or any(m in ("nps", "ces", "csat") for _, m in named):
        found = [Asked(table, c, m, SURE if is_survey else LIKELY) for c, m in named]
    if is_survey:
        metric = metric_of(table.name) or "experience"
        taken = {a.metric for a in found} | {a.column.name for a in found}
        rest = [c for c in generic if c.name not in taken]
        if rest and metric not in taken:
            found.insert(0, Asked(table, rest[0], metric, LIKELY))
    once: dict[str, Asked] = {}
    for asked in found:  # a second question of a metric would count its customers twice
        once.setdefault(asked.metric, asked)
    return list(once.values())


def metric_of(name: str) -> str | None:
    """Returns the metric that a name speaks of."""
    return next((m for m in METRICS if sounds(m, name)), None)


def _metric_of(column: Column) -> str | None:
    """Returns the metric of a column's name, else of its comment, which may be the question."""
    return metric_of(column.name) or metric_of(column.seen.comment)


def _is_rating(column: Column) -> bool:
    if column.scale_labels:
        return True
    numbers = {*column.numbers}
    is_small = 2 <= len(numbers) <= MOST_STEPS and min(numbers) >= 0 and max(numbers) <= ENDS[-1]
    is_stepped = all((2 * n).is_integer() for n in numbers)
    if not column.is_number or not is_small or not is_stepped or numbers <= {0, 1}:
        return False
    if max(numbers) > 10 and any(n % 5 for n in numbers):
        return False
    return _metric_of(column) is not None or not sounds("not_rating", column.name)


def ratings_sources(
    asked: list[Asked], customers: Table | None, answers: dict[str, str], questions: list[Question]
) -> tuple[list[Source], dict[str, dict[str, float]]]:
    """Returns a source for each question, and the scale of each metric."""
    found: list[Source] = []
    scales: dict[str, dict[str, float]] = {}
    for each in asked:
        own = {
            metric: _scale(metric, numbers, each.column.name, answers, questions)
            for metric, numbers in _answers_by_metric(each).items()
        }
        source = _source(each, customers, len(asked) == 1)
        if source is None or any(_is_unknown(m, s) for m, s in own.items()):
            continue
        for metric, scale in own.items():
            if scales.setdefault(metric, scale) != scale:
                source.lines += [
                    Line(part, {"constant": scale[part]}, "another scale than the first")
                    for part in ("lo", "hi")
                ]
        found.append(source)
    stated = {
        m: s
        for m, s in scales.items()
        if m not in USUAL_SCALES or s != {"lo": USUAL_SCALES[m].lo, "hi": USUAL_SCALES[m].hi}
    }
    return found, stated


def _is_unknown(metric: str, scale: dict[str, float]) -> bool:
    """Returns whether nobody can know who promotes on a scale."""
    return metric == "nps" and (scale["lo"], scale["hi"]) not in USUAL_NPS_SCALES


def _answers_by_metric(asked: Asked) -> dict[str, list[float]]:
    """Returns the sampled answers of each metric of a question."""
    column, item = asked.column, asked.item
    by_label = dict(column.scale_labels)
    known = by_label if by_label else dict(zip(column.values, column.numbers, strict=True))
    if asked.metric or item is None:
        numbers = [float(n) for n in map(known.get, column.values) if n is not None]
        return {asked.metric: numbers}
    found: dict[str, list[float]] = {}
    for text, value in zip(item.seen.values, column.seen.values, strict=True):
        metric = metric_of(text) if text else None
        if metric and value in known:
            found.setdefault(metric, []).append(float(known[value]))
    return found


def _source(asked: Asked, customers: Table | None, is_only: bool) -> Source | None:
    table = asked.table
    link = link_of(table, customers)
    moment = best_moment(table, ("answered", "created", "ordered"))
    later = best_moment(link.via, ("ordered", "created")) if link and link.via else None
    key = table.key or _key_with_item(asked)
    if key is None or not (moment or later):
        return None
    used = [key, asked.column]
    word = asked.metric or "answer"
    rating_id = key.mapped
    if table.key is None or not is_only:
        keys = [key.sql] if table.key or not asked.item else [key.sql, asked.item.sql]
        rating_id = prefixed(word, keys, table.survey.dialect)
    rating = scale_case(asked.column) if asked.column.scale_labels else asked.column.number
    why = "words of a scale" if asked.column.scale_labels else "small whole numbers"
    lines = [
        Line("rating_id", rating_id, "the key of the answer", SURE),
        _metric_line(asked),
        Line("rating", rating, f"{why}, by its name", asked.sure),
    ]
    if moment:
        lines.append(Line("responded_at", moment[0].moment, "a moment by its name", moment[1]))
        used.append(moment[0])
    elif later:
        lines.append(Line("responded_at", later[0].moment, "the moment of what was rated", UNSURE))
    response = key.mapped if key.kind == "text" else as_text(key.sql, table.survey.dialect)
    lines.append(Line("response_id", response, "the key of the answer", SURE))
    taken = {c.name for c in used}
    for logical in ("touchpoint", "journey_stage", "team", "channel"):
        if (column := category(table, logical, taken)) is not None:
            lines.append(Line(logical, column.mapped, "a few texts, by its name"))
            used.append(column)
            taken.add(column.name)
    if comment := _comment(table, taken):
        lines.append(Line("comment", comment.mapped, "a text by its name"))
        used.append(comment)
    if asked.item is not None:
        used.append(asked.item)
        if asked.metric == "attribute":
            lines.append(
                Line("attribute", asked.item.mapped, "what the rating is about", asked.sure)
            )
    reason = f"answers with a moment; {asked.column.name} is a question of {word}"
    where = _answered_only(asked.column, is_only)
    source = Source("ratings", lines, reason, asked.sure, table.written, where=where)
    if link is not None:
        _add_customer(source, link, used, None if moment else later and later[0])
    return source


def _key_with_item(asked: Asked) -> Column | None:
    """Returns the column that is unique together with what the rating is about."""
    if asked.item is None:
        return None
    about = asked.item.seen.values
    for column in asked.table.columns.values():
        if column.kind not in ("integer", "text") or column in (asked.item, asked.column):
            continue
        pairs = list(zip(column.seen.values, about, strict=True))
        if len({*pairs}) == len(pairs) and len(column.distinct) < len(pairs):
            return column
    return None


def _answered_only(column: Column, is_only: bool) -> str | None:
    """Returns the condition that a question was answered, where not every row has an answer.

    Of several questions each may be left out in rows that were not sampled.
    """
    words = [text for text, _ in column.scale_labels]
    if words and len(words) < len(column.distinct):
        return f"{column.sql} in ({', '.join(map(quoted, words))})"
    has_nulls = len(column.values) < len(column.seen.values)
    return f"{column.sql} is not null" if has_nulls or not is_only else None


def _metric_line(asked: Asked) -> Line:
    if asked.metric:
        return Line("metric", {"constant": asked.metric}, "by the name of the question", asked.sure)
    assert asked.item is not None
    known = {text: metric_of(text) for text in sorted(asked.item.distinct)}
    branches = " ".join(f"when {quoted(t)} then {quoted(str(m))}" for t, m in known.items())
    return Line("metric", f"case {asked.item.sql} {branches} end", "by the words of the question")


def _comment(table: Table, taken: set[str]) -> Column | None:
    found = first(table, "comment")
    return found if found and found.name not in taken else None


def _add_customer(source: Source, link: Link, used: list[Column], later: Column | None) -> None:
    """Adds the customer to a source, by a join where another table knows him."""
    if link.via is None:
        source.lines.append(Line("customer_id", link.own.mapped, "the customer's key", SURE))
        return
    assert link.via.key is not None
    own = ", ".join(dict.fromkeys(f"r.{c.sql}" for c in used))
    joined = f"o.{link.column.sql}"
    is_taken = link.column.name in {c.name for c in used}
    name = "customer_key" if is_taken else link.column.sql
    more = f", o.{later.sql}" if later else ""
    source.select = (
        f"select {own}, {joined}{' as customer_key' if is_taken else ''}{more} "
        f"from {source.table} as r left join {link.via.written} as o "
        f"on o.{link.via.key.sql} = r.{link.own.sql}"
    )
    source.table = None
    mapped = name if is_taken else link.column.mapped
    source.lines.append(Line("customer_id", mapped, f"the customer of {link.via.name}", LIKELY))
    source.confidence = min(source.confidence, LIKELY)


def _scale(
    metric: str,
    numbers: list[float],
    name: str,
    answers: dict[str, str],
    questions: list[Question],
) -> dict[str, float]:
    """Returns the scale, by the lowest and highest answer; asks where it starts at neither."""
    least, most = min(numbers), max(numbers)
    hi: float = next(e for e in ENDS if e >= most)
    usual = USUAL_SCALES.get(metric)
    if usual is not None and usual.hi == hi and least >= usual.lo:
        lo = usual.lo
    elif least in (0, 1) or hi < 10:
        lo = min(least, 1)
    else:
        lo = 0
        key = f"scale.{metric}"
        text = f"{name} runs from {least:g} to {most:g} here. What is its scale?"
        if all(q.key != key for q in questions):
            questions.append(Question(key, text, f"{lo}-{hi}"))
    answer = answers.get(f"scale.{metric}")
    if answer:
        lo, hi = map(int, answer.split("-"))
    scale: dict[str, float] = {"lo": _plain(lo), "hi": _plain(hi)}
    if metric == "ces" and sounds("effort", name):
        scale["direction"] = -1
    return scale


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def without_clashes(asked: list[Asked]) -> list[Asked]:
    """Returns the questions; of two tables with the same rows, a view and its table, the first."""
    once: dict[tuple[str, str, str], Asked] = {}
    for each in asked:
        rows = (each.column.name, each.metric, repr(each.column.seen.values[:50]))
        once.setdefault(rows, each)
    return list(once.values())
