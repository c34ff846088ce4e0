"""Mapping files: what is read, and what each fault in one says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy
import yaml

from superset_kpi.errors import MappingError
from superset_kpi.macros import render_call
from superset_kpi.mapping import MappedColumn, Mapping, Scale, pick_mapping, read_mappings
from superset_kpi.mapping.model import USUAL_NPS_SCALES

GOOD = """\
shop:
  database: Warehouse
  dialect: duckdb
  scales: {experience: {lo: 0, hi: 10}}
  tables:
    customers:
      table: crm.clients
      columns: {customer_id: id}
    ratings:
      - table: crm.survey
        columns:
          rating_id: id
          metric: {constant: experience}
          rating: score
          responded_at: at
"""
REMEDIES = {
    "value": "Write an expression in the warehouse's dialect, a number, {column: its name} or "
    "{constant: the value}.",
    "expression": "Write one expression in the warehouse's dialect; for a column with an unusual "
    'name write {column: "its name"}, for a text {constant: "the text"}.',
    "table": "Write schema.table as the database spells it, unusual names in its quotes.",
    "select": "Write one SELECT in the warehouse's dialect, without ; at its end.",
}


def read(folder: Path, text: str) -> dict[str, Mapping]:
    path = folder / "kpi.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mappings(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(MappingError) as raised:
        read(folder, text)
    return str(raised.value).splitlines()


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def test_a_mapping_has_defaults(tmp_path: Path) -> None:
    mapping = read(tmp_path, GOOD)["shop"]
    assert mapping.title == "Shop"
    assert mapping.as_of == "yesterday"
    assert mapping.url is None
    assert mapping.currency is None
    assert mapping.margin_rate is None
    assert mapping.fiscal_year_starts == 1
    assert mapping.inactive_days == 180
    assert mapping.scales["experience"] == Scale(0, 10, 1)
    assert mapping.scales["csat"] == Scale(1, 5)
    assert mapping.is_mapped("ratings")
    assert not mapping.is_mapped("transactions")
    assert mapping.maps_column("ratings", "metric")
    assert not mapping.maps_column("ratings", "comment")


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    text = changed(
        "{customer_id: id}",
        "{customer_id: \"'c' || id\", created_at: {constant: 2020-01-31}, "
        'country: {column: "Home Country"}, industry: {constant: Retail}, acquisition_cost: 12.5, '
        "acquisition_channel: {constant: }}",
    )
    (source,) = read(tmp_path, text)["shop"].tables["customers"]
    assert source.columns == {
        "customer_id": MappedColumn("expression", "'c' || id"),
        "created_at": MappedColumn("constant", dt.date(2020, 1, 31)),
        "country": MappedColumn("column", "Home Country"),
        "industry": MappedColumn("constant", "Retail"),
        "acquisition_cost": MappedColumn("constant", 12.5),
        "acquisition_channel": MappedColumn("constant", None),
    }


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31 10:00:00",
        *"NO yes on Off true 007 1_000 1.10 1e3 0x1F 2026-01-31 12:30 +5 .5 a:b N/A".split(),
    ],
)
def test_a_constant_of_a_text_column_is_what_is_written(tmp_path: Path, text: str) -> None:
    written = changed("{customer_id: id}", f"{{customer_id: id, country: {{constant: {text}}}}}")
    mapping = read(tmp_path, written)["shop"]
    assert mapping.tables["customers"][0].columns["country"] == MappedColumn("constant", text)


def test_a_number_of_a_text_column_needs_no_keys_to_be_what_is_written(tmp_path: Path) -> None:
    text = changed(
        "{customer_id: id}",
        "{customer_id: id, country: 007, industry: 2026-01-31, acquisition_channel: no}",
    )
    mapping = read(tmp_path, text)["shop"]
    columns = mapping.tables["customers"][0].columns
    assert columns["country"] == MappedColumn("constant", "007")
    assert columns["industry"] == MappedColumn("constant", "2026-01-31")
    assert columns["acquisition_channel"] == MappedColumn("expression", "no")


def test_a_constant_that_is_taken_over_is_what_is_written_too(tmp_path: Path) -> None:
    text = GOOD.replace("columns:\n", "columns: &one\n          team: {constant: NO}\n")
    text += "      - {table: b, columns: {<<: *one, channel: {constant: on}}}\n"
    text += "      - {table: c, columns: {<<: [*one], lo: {constant: 1_0}, hi: 20}}\n"
    first, second, third = read(tmp_path, text)["shop"].tables["ratings"]
    assert {s.columns["team"].value for s in (first, second, third)} == {"NO"}
    assert second.columns["channel"] == MappedColumn("constant", "on")
    assert third.columns["lo"] == MappedColumn("constant", 10)


def test_the_digest_changes_with_anything_in_the_mapping(tmp_path: Path) -> None:
    first = read(tmp_path, GOOD)["shop"].digest
    assert read(tmp_path, f"# a comment\n{GOOD}")["shop"].digest == first
    for old, new in (("hi: 10", "hi: 11"), ("crm.clients", "crm.people"), ("shop:", "shop2:")):
        assert next(iter(read(tmp_path, changed(old, new)).values())).digest != first


def test_a_file_may_hold_several_mappings(tmp_path: Path) -> None:
    mappings = read(tmp_path, GOOD + GOOD.replace("shop:", "other:"))
    assert list(mappings) == ["shop", "other"]
    assert pick_mapping(mappings, "other").name == "other"
    with pytest.raises(MappingError) as raised:
        pick_mapping(mappings, None)
    assert str(raised.value) == (
        "mapping: the file holds 2 mappings (shop, other). Name one of them, for example "
        "`FILE:shop`."
    )
    with pytest.raises(MappingError) as raised:
        pick_mapping(mappings, "shopp")
    assert str(raised.value) == "mapping: there is no mapping 'shopp'. Did you mean 'shop'?"


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as raised:
        read_mappings(tmp_path / "kpi.yaml")
    assert str(raised.value) == (
        f"{tmp_path / 'kpi.yaml'}: the file cannot be read (No such file or directory). "
        "Name an existing mapping file, or write one with `superset-kpi init`."
    )


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kpi.yaml"
    path.write_bytes("shop:\n  title: Käse\n".encode("latin-1"))
    with pytest.raises(MappingError) as raised:
        read_mappings(path)
    assert str(raised.value) == f"{path}: the file is not UTF-8 text. Save it as UTF-8."


NO_MAPPING = (
    "kpi.yaml:1: the file holds no mapping. Start it with a name for one, for example `shop:`, "
    "and the keys of the mapping below it."
)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "hello", "{}"])
def test_a_file_without_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == [NO_MAPPING]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "shop:\n\tdatabase: x\n",
            "kpi.yaml:2: this is not YAML: found character '\\t' that cannot start any token. "
            "Correct the line.",
        ),
        (
            "shop: {database: x\n",
            "kpi.yaml:2: this is not YAML: expected ',' or '}', but got '<stream end>'. "
            "Correct the line.",
        ),
        (
            f"{GOOD}---\n{GOOD}",
            "kpi.yaml:16: this is not YAML: but found another document. Correct the line.",
        ),
        ("a: &a {b: *a}\n", "kpi.yaml:1: an alias (*) refers to itself. Write it out."),
    ],
)
def test_what_is_not_yaml_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(tmp_path, text) == [fault]


def bomb() -> str:
    """500 bytes that stand for ten thousand million values."""
    lists = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))
    return f"a0: &a0 x\n{lists}"


DEEP = ": values are nested more than 20 levels deep. Nest them less."
TAG = " shop: a tag (!) is before the value. Write the value without it."
ODD = (
    "cannot be read as the date, number or tag that it looks like. "
    "Correct it, or put quotes around a text."
)
DIGITS = "characters. Correct it, or put quotes around a text."
ENDLESS = {
    "aliases": (
        bomb(),
        ":6: with its aliases (*) written out, the file has more than 100000 values. "
        "Write out what is meant.",
    ),
    "lists in lists": ("[" * 100_000, DEEP),
    "items in items": ("- " * 100_000 + "x", DEEP),
    "keys in keys": ("? " * 100_000 + "x", DEEP),
    "an object": ("shop: !!python/object:os.system {}", TAG),
    "a set": ("shop: !!set {a, b}", TAG),
    "a list as a key": ("? [a, b]\n: x\n", ": a key is not a plain name. Correct the line."),
    "no boolean": ("shop: !!bool maybe", f" shop: 'maybe' {ODD}"),
    "no number": ("shop: !!int ''", f" shop: '' {ODD}"),
    "no day as a key": ("2026-99-99: x", f" 2026-99-99: '2026-99-99' {ODD}"),
    "a merged text": (
        "shop: {<<: x}",
        ": expected a mapping or list of mappings for merging, but found scalar. Correct the line.",
    ),
    "digits": (f"shop: {'9' * 5000}", f" shop: the number has 5000 {DIGITS}"),
    "minutes": (f"shop: 1{':1' * 50_000}", f" shop: the number has 100001 {DIGITS}"),
    "a long list": (
        changed("  dialect", f"  title: [{'x, ' * 1000}]\n  dialect"),
        ":3 shop.title: it is ['x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', "
        "'x', 'x', '... and must be a text. Correct the value.",
    ),
    "parentheses": (
        changed("customer_id: id", f"customer_id: {'(' * 3000}id{')' * 3000}"),
        f":8 shop.tables.customers.columns.customer_id: '{'(' * 996}... is not a value. "
        + REMEDIES["expression"],
    ),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_file_that_stands_for_endless_work_is_refused(tmp_path: Path, case: str) -> None:
    """A file that is not refused would keep the test from ending."""
    text, fault = ENDLESS[case]
    assert faults(tmp_path, text)[0] in (f"kpi.yaml{fault}", f"kpi.yaml:1{fault}")


def test_a_file_of_many_faults_names_some_of_them(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + "".join(f"  x{n}: 1\n" for n in range(1000)))
    assert len(found) == 201
    assert found[-1] == "kpi.yaml: 800 more faults."


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"more than 10 MB\. Name another one\."):
        read_mappings(Path("/dev/zero"))
    (tmp_path / "kpi.yaml").write_bytes(b"#" * 10_000_001)
    with pytest.raises(MappingError, match="more than 10 MB"):
        read_mappings(tmp_path / "kpi.yaml")


FAULTS = yaml.safe_load((Path(__file__).parent / "mapping" / "faults.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", FAULTS, ids=[c["case"] for c in FAULTS])
def test_a_fault_is_one_sentence_with_place_value_and_remedy(
    tmp_path: Path, case: dict[str, str]
) -> None:
    fault = case["fault"]
    for name, remedy in REMEDIES.items():
        fault = fault.replace(f"<{name}>", remedy)
    whole = GOOD.removeprefix("shop:")
    found = faults(tmp_path, changed(case["replace"].replace("{all}", whole), case["by"]))
    assert found == [f"kpi.yaml:{fault}"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = """\
Shop:
  database: Warehouse
brand_a:
  database: 7
  dialect: duckbd
  curency: EUR
  scales: {experience: {lo: 5, hi: 1}}
  tables:
    custmers: {table: t, columns: {customer_id: id}}
    customers: {table: t, columns: {customerid: id}}
brand_b:
  database: Warehouse
  dialect: sqlite
  margin_rate: 2
  tables:
    ratings:
      - {table: t, columns: {rating_id: "a +", metric: {constant: value}, rating: r}}
      - {table: t, colums: {rating_id: a}}
"""
    assert faults(tmp_path, text) == [
        f"kpi.yaml:{fault}"
        for fault in (
            "1 Shop: 'Shop' cannot be a mapping's name. Use lower-case letters, digits and _.",
            "4 brand_a.database: it is 7 and must be a text. Correct the value.",
            "7 brand_a.scales.experience: lo 5 must be below hi 1. Correct it.",
            "9 brand_a.tables.custmers: unknown name 'custmers'. Did you mean 'customers'?",
            "6 brand_a.curency: unknown key 'curency'. Did you mean 'currency'?",
            "5 brand_a.dialect: 'duckbd' is not a known engine. Did you mean 'duckdb'?",
            "10 brand_a.tables.customers.columns.customerid: customers has no column "
            "'customerid'. Did you mean 'customer_id'?",
            "10 brand_a.tables.customers.columns: customers needs the column 'customer_id'. "
            "Map it to a column or an expression.",
            "14 brand_b.margin_rate: it is 2 and must be at most 1. Correct the value.",
            "18 brand_b.tables.ratings[1].columns: the key 'columns' is missing. Add it.",
            "18 brand_b.tables.ratings[1].colums: unknown key 'colums'. Did you mean 'columns'?",
            "17 brand_b.tables.ratings[0].columns.rating_id: 'a +' is not a value. "
            + REMEDIES["expression"],
            "17 brand_b.tables.ratings[0].columns: ratings needs the column 'responded_at'. "
            "Map it to a column or an expression.",
            "17 brand_b.tables.ratings[0].columns: the scale of 'value' ratings is not stated. "
            "Add `scales: {value: {lo: 1, hi: 10}}` to the mapping, or map lo and hi.",
        )
    ]


@pytest.mark.parametrize(
    ("dialect", "expression"),
    [
        ("duckdb", "score + (select max(score) from other)"),
        ("duckdb", "first_value(score) over (partition by id order by at)"),
        ("duckdb", "sum(score) over ()"),
        ("sqlite", "max(score, 1)"),
    ],
)
def test_what_gives_a_value_for_each_row_is_no_aggregate(
    tmp_path: Path, dialect: str, expression: str
) -> None:
    text = changed("rating: score", f"rating: {expression}").replace("duckdb", dialect)
    columns = read(tmp_path, text)["shop"].tables["ratings"][0].columns
    assert columns["rating"].value == expression


def test_ratings_whose_metric_is_a_column_need_some_scale(tmp_path: Path) -> None:
    text = changed("{constant: experience}", "kind")
    assert read(tmp_path, text)["shop"].tables["ratings"][0].columns["metric"] == MappedColumn(
        "expression", "kind"
    )
    without = text.replace("  scales: {experience: {lo: 0, hi: 10}}\n", "")
    assert faults(tmp_path, without) == [
        "kpi.yaml:10 shop.tables.ratings[0].columns: no rating scale is stated. "
        "Add `scales:` to the mapping, or map the columns lo and hi."
    ]
    mapped = without.replace("rating: score", "rating: score\n          lo: 1\n          hi: 7")
    assert read(tmp_path, mapped)


NPS = GOOD.replace("experience", "nps")
STATE = (
    "on 1 to 5 it is not known who is a promoter. State it, for example "
    "`scales: {nps: {lo: 1, hi: 5, promoter_from: 5, detractor_to: 3}}`."
)


def test_an_nps_scale_that_nobody_knows_states_who_promotes(tmp_path: Path) -> None:
    unusual = NPS.replace("{lo: 0, hi: 10}", "{lo: 1, hi: 5}")
    assert faults(tmp_path, unusual) == [f"kpi.yaml:4 shop.scales.nps: {STATE}"]
    half = NPS.replace("{lo: 0, hi: 10}", "{lo: 1, hi: 5, detractor_to: 2}")
    assert faults(tmp_path, half) == [f"kpi.yaml:4 shop.scales.nps: {STATE}"]
    turned = NPS.replace("{lo: 0, hi: 10}", "{lo: 1, hi: 7, direction: -1}")
    assert faults(tmp_path, turned) == [
        "kpi.yaml:4 shop.scales.nps: on 1 to 7 it is not known who is a promoter. State it, for "
        "example `scales: {nps: {lo: 1, hi: 7, direction: -1, promoter_from: 7, detractor_to: 4}}`."
    ]
    line = "{lo: 1, hi: 5, promoter_from: 5, detractor_to: 3}"
    stated = read(tmp_path, NPS.replace("{lo: 0, hi: 10}", line))["shop"]
    assert stated.scales["nps"] == Scale(1, 5, 1, 5, 3)


@pytest.mark.parametrize(("lo", "hi"), USUAL_NPS_SCALES)
def test_an_nps_scale_that_everybody_counts_alike_needs_no_statement(
    tmp_path: Path, lo: float, hi: float
) -> None:
    for own in (f"{{lo: {lo}, hi: {hi}}}", f"{{lo: {lo}, hi: {hi}, direction: -1}}"):
        assert read(tmp_path, NPS.replace("{lo: 0, hi: 10}", own))
    mapping = read(tmp_path, NPS)["shop"]
    with sqlalchemy.create_engine("duckdb://").connect() as connection:
        expression = render_call("nps_balance", (str(hi), str(lo), str(hi)), {}, mapping)
        assert connection.exec_driver_sql(f"select {expression}").scalar() == 1


def test_a_source_with_an_nps_scale_of_its_own_states_it_too(tmp_path: Path) -> None:
    own = NPS.replace(
        "rating: score", "rating: score\n          lo: 1\n          hi: {constant: 5}"
    )
    assert faults(tmp_path, own) == [f"kpi.yaml:11 shop.tables.ratings[0].columns: {STATE}"]
    assert read(
        tmp_path,
        own.replace(
            "rating_id: id", "rating_id: id\n          top_from: 5\n          bottom_to: 3"
        ),
    )
    stated = "{lo: 1, hi: 5, promoter_from: 5, detractor_to: 3}"
    assert read(tmp_path, own.replace("{lo: 0, hi: 10}", stated))
    # Rows are for the check promoters_are_known.
    assert read(tmp_path, own.replace("lo: 1\n", "lo: lowest\n"))


@pytest.mark.parametrize(
    ("metric", "scale", "fault"),
    [
        (
            "csat",
            "top_from: 1",
            "4 shop.scales.csat: top_from 1 must be above lo 1 and at most hi 5. Correct it.",
        ),
        (
            "nps",
            "promoter_from: 6, detractor_to: 3",
            "4 shop.scales.nps: promoter_from 6 must be above lo 1 and at most hi 5. Correct it.",
        ),
        (
            "nps",
            "promoter_from: 4, detractor_to: 4",
            "4 shop.scales.nps: detractor_to 4 must be at least lo 1 and below promoter_from. "
            "Correct it.",
        ),
        (
            "ces",
            "top_from: 4",
            "4 shop.scales.ces.top_from: top_from says nothing about ces ratings. "
            "Write low_effort_from, or leave it out.",
        ),
        (
            "csat",
            "promoter_from: 4",
            "4 shop.scales.csat.promoter_from: promoter_from says nothing about csat ratings. "
            "Write top_from, or leave it out.",
        ),
    ],
)
def test_where_a_scale_begins_to_be_good_must_fit_it(
    tmp_path: Path, metric: str, scale: str, fault: str
) -> None:
    text = GOOD.replace("experience", metric).replace(
        "{lo: 0, hi: 10}", f"{{lo: 1, hi: 5, {scale}}}"
    )
    assert faults(tmp_path, text) == [f"kpi.yaml:{fault}"]


def test_a_metric_with_a_usual_scale_needs_none(tmp_path: Path) -> None:
    text = changed("  scales: {experience: {lo: 0, hi: 10}}\n", "")
    assert read(tmp_path, text.replace("experience", "nps"))["shop"].scales["nps"] == Scale(0, 10)
