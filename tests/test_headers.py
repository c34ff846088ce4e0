"""Headers name what vocabulary.yaml holds, or another macro; a name that misses does not load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from superset_kpi.documents import parse_document
from superset_kpi.errors import MacroError
from superset_kpi.macros import Library, library
from superset_kpi.resources import sql_macros

VOCABULARY = """\
args:
  period: {type: choice, choices: [month, year], default: month, doc: "Length of a period."}
  scheme: {type: text, default: null, doc: "One scheme."}
returns:
  score: {type: number, unit: percent, doc: "Mean score."}
  segment: {type: string, doc: "Segment."}
"""
TARGET = """\
summary: Scores by a dimension.
grain: one row per part
args: [dimension: {type: column, choices: [team, channel], doc: "Column."}, scheme]
returns: [part: {type: string, doc: "Part."}, score]
source: "None."
"""
BODY = (
    "select $dimension as part, max(rating) as score\n"
    "from ratings\nwhere metric = $scheme group by $dimension"
)
ALIAS = """\
summary: Scores by team.
grain: one row per team
alias_of: scores
bind: {dimension: team}
rename: {part: team}
"""


@pytest.fixture
def shared(tmp_path: Path) -> Callable[..., Library]:
    """A function that writes a library: a vocabulary, the macro `scores`, and one named `it`."""

    def write(header: str, body: str = "", vocabulary: str = VOCABULARY) -> Library:
        (tmp_path / "area").mkdir()
        (tmp_path / "vocabulary.yaml").write_text(vocabulary)
        (tmp_path / "area" / "scores.sql").write_text(f"/*---\n{TARGET}---*/\n{BODY}\n")
        (tmp_path / "area" / "it.sql").write_text(f"/*---\n{header}---*/\n{body}")
        return Library(tmp_path)

    return write


def header_with(args: str = "[scheme]", returns: str = "[score]") -> str:
    return f'summary: A.\ngrain: one row\nargs: {args}\nreturns: {returns}\nsource: "None."\n'


def test_a_header_names_what_the_vocabulary_holds_and_says_what_differs(
    shared: Callable[..., Library],
) -> None:
    args = "[scheme, period: {default: year}]"
    returns = "[segment: {type: date, doc: Day.}, score: {unit: null, doc: The score.}]"
    macro = shared(header_with(args, returns), "select 1 as segment, 2 as score")["it"]
    scheme, period = macro.args.values()
    assert (scheme.type, scheme.doc, scheme.is_required) == ("text", "One scheme.", False)
    assert (period.choices, period.default, period.doc) == (
        ("month", "year"),
        "year",
        "Length of a period.",
    )
    segment, score = macro.returns.values()
    assert (segment.type, segment.doc) == ("date", "Day.")
    assert (score.doc, score.type, score.unit) == ("The score.", "number", None)


@pytest.mark.parametrize(
    ("args", "returns", "message"),
    [
        (
            "[schem]",
            "[score]",
            "area/it.sql:4: args: 'schem' is not in vocabulary.yaml, and has no type of its own. "
            "Did you mean 'scheme'?",
        ),
        (
            "[scheme]",
            "[\n  segment,\n  scor: {unit: points}]",
            "area/it.sql:7: returns: 'scor' is not in vocabulary.yaml, and has no type of its own. "
            "Did you mean 'score'?",
        ),
        (
            "[scheme, scheme]",
            "[score]",
            "area/it.sql:4: args: 'scheme' is named twice. Name it once.",
        ),
        (
            "[scheme]",
            "[score: {unit: percent}]",
            "area/it.sql:5: returns: 'score' repeats what vocabulary.yaml says: unit. "
            "Leave it out.",
        ),
        (
            "[scheme: {type: text, default: null, doc: One scheme.}]",
            "[score]",
            "area/it.sql:4: args: 'scheme' repeats what vocabulary.yaml says: type, default, doc. "
            "Leave it out.",
        ),
        (
            "[scheme]",
            "[score: {unot: points}]",
            "area/it.sql:5 returns.score.unot: unknown key 'unot'. Did you mean 'unit'?",
        ),
        (
            "{scheme: {default: Plan}}",
            "[score]",
            "area/it.sql:4: args is not a list. Write it like [scheme, target: {default: 80}].",
        ),
        (
            "[scheme: Plan]",
            "[score]",
            "area/it.sql:4: args: {'scheme': 'Plan'} is neither a name nor a name with keys. "
            "Write it like target: {default: 80}.",
        ),
    ],
)
def test_a_header_that_misses_the_vocabulary_does_not_load(
    shared: Callable[..., Library], args: str, returns: str, message: str
) -> None:
    with pytest.raises(MacroError) as raised:
        shared(header_with(args, returns), "select 1 as score")["it"]
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (
            VOCABULARY + "column: {}\n",
            "vocabulary.yaml:7 column: unknown key 'column'. Choose one of: args, returns.",
        ),
        (
            VOCABULARY.replace("unit: percent", "unti: percent"),
            "vocabulary.yaml:5 returns.score.unti: unknown key 'unti'. Did you mean 'unit'?",
        ),
        (
            VOCABULARY.replace('{type: string, doc: "Segment."}', "{type: string}"),
            "vocabulary.yaml:6 returns.segment.doc: the key 'doc' is missing. Add it.",
        ),
    ],
)
def test_a_faulty_vocabulary_does_not_load(
    shared: Callable[..., Library], vocabulary: str, message: str
) -> None:
    with pytest.raises(MacroError) as raised:
        shared(header_with(), "select 1 as score", vocabulary)["it"]
    assert str(raised.value) == message


def test_no_header_says_a_key_twice() -> None:
    # The fast reader of our own files would take the last one.
    files = [path for path in sql_macros().rglob("*") if path.suffix in (".sql", ".yaml")]
    assert len(files) > 100
    for path in files:
        text = path.read_text(encoding="utf-8").removeprefix("/*---").split("---*/")[0]
        assert parse_document(text, path.name).faults == []


def test_an_entry_of_the_vocabulary_is_shared() -> None:
    read = library().vocabulary
    for section, entries in (("args", read.args), ("returns", read.returns)):
        for name, entry in entries.items():
            saying = [
                macro.name
                for macro in library().values()
                if name in (said := getattr(macro, section)) and said[name].doc == entry.doc
            ]
            assert len(saying) > 1, f"{section}: {name} is said by {saying}"


def test_an_alias_is_its_target_with_values_bound_and_columns_renamed(
    shared: Callable[..., Library],
) -> None:
    more = "args: [scheme: {doc: Which.}]\nreturns: [team: {doc: Team.}]\n"
    read = shared(ALIAS + more)
    it, scores = read["it"], read["scores"]
    assert it.body.sql() == (
        "SELECT team AS team, MAX(rating) AS score FROM ratings "
        "WHERE metric = :scheme GROUP BY team"
    )
    assert {a.name: a.doc for a in it.args.values()} == {"scheme": "Which."}
    assert {c.name: c.doc for c in it.returns.values()} == {"team": "Team.", "score": "Mean score."}
    assert (it.source, it.needs, it.summary) == (scores.source, scores.needs, "Scores by team.")


def test_an_alias_leaves_out_what_it_omits(shared: Callable[..., Library]) -> None:
    it = shared(ALIAS + "omit: [score]\n")["it"]
    assert list(it.returns) == it.body.named_selects == ["team"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("alias_of: scores", "alias_of: score", "4: alias_of: there is no macro 'score'. Did you"),
        ("alias_of: scores", "alias_of: it", "4: alias_of: 'it' is an alias of this one. Name a"),
        ("bind: {dimension", "bind: {dimensoin", "5: bind: scores has no 'dimensoin'. Did you "),
        (": team}\nrename", ": tea}\nrename", "5: bind: scores: dimension is 'tea'. "),
        (
            "rename: {part:",
            "rename: {prat:",
            "6: rename: scores has no 'prat'. Did you",
        ),
        ("part: team}", "part: score}", "6: rename: scores has a 'score' already. Rename it, too."),
        ("rename", "omit: [parts]\nrename", "6: omit: scores has no 'parts'. Did you mean 'part'?"),
        ("rename", "returns: [a: {}]\nrename", "6: returns: scores has no 'a'. Choose one of: "),
        (
            "rename",
            "args: [dimension: {doc: A.}]\nrename",
            "6: args: scores has no 'dimension'. Choose one of: scheme.",
        ),
        (
            "rename",
            "args: [scheme: {docs: A.}]\nrename",
            "6: args: what an alias changes of 'scheme' has no 'docs'. Did you mean 'doc'?",
        ),
        ("rename", "renam", "6 renam: unknown key 'renam'. Did you mean 'rename'?"),
    ],
)
def test_an_alias_that_misses_its_target_does_not_load(
    shared: Callable[..., Library], old: str, new: str, message: str
) -> None:
    header = ALIAS.replace(old, new, 1)
    assert header != ALIAS
    with pytest.raises(MacroError) as raised:
        shared(header)["it"]
    assert str(raised.value).startswith(f"area/it.sql:{message}")


def test_an_alias_has_no_body(shared: Callable[..., Library]) -> None:
    with pytest.raises(MacroError) as raised:
        shared(ALIAS, "select 1 as team")["it"]
    assert str(raised.value) == "area/it.sql:4: an alias has no body. Leave one of the two out."
