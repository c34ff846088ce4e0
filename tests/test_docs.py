"""Pages: what they say exists, what they show runs, and what is missing is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from superset_kpi import __version__, resources
from superset_kpi.cli import superset_group
from superset_kpi.dashboards.cards import ATTRIBUTES, card_markdown, read_cards
from superset_kpi.docs.command_page import command_page
from superset_kpi.docs.macro_page import macro_page
from superset_kpi.docs.markdown import table
from superset_kpi.docs.pages import docs_folder, pages, stale
from superset_kpi.errors import KpiError
from superset_kpi.macros import Macro, library
from superset_kpi.mapping import LOGICAL_TABLES, read_mappings

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
PUBLIC = [m for m in library().values() if not m.is_internal]
WRITTEN = ("mapping.md", "decisions.md", "materialize.md", "security.md")
TEXT_FILES = (".sql", ".py", ".md", ".yaml", ".yml")


@pytest.fixture
def card_file(tmp_path: Path) -> Any:
    """Writes a card with some attributes changed, and returns its folder."""
    values = yaml.safe_load((resources.dashboards() / "cards" / "cx.yaml").read_text())

    def write(**changes: Any) -> Path:
        changed = {**values, **changes}
        kept = {name: value for name, value in changed.items() if value is not ...}
        (tmp_path / "cx.yaml").write_text(yaml.safe_dump(kept))
        return tmp_path

    return write


# Cards


def test_a_card_has_twelve_attributes() -> None:
    assert len(ATTRIBUTES) == 12


@pytest.mark.parametrize(
    "key", ["cpv", "cx", "clv", "customer_segmentation", "net_customer_value", "nps"]
)
def test_a_kpi_has_a_card_that_names_charts_and_macros(key: str) -> None:
    card = read_cards()[key]
    assert any("“" in question for question in card.diagnostic_questions)
    assert any(re.search(r"`\w+", tip) for tip in card.actionable_tips)
    text = card_markdown(card)
    assert text.count("\n## ") == 12
    assert "{" not in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"formula": ...}, "the key 'formula' is missing. Add it."),
        ({"formulas": "x"}, "unknown key 'formulas'. Did you mean 'formula'?"),
        ({"risk_warnings": "one"}, "it is 'one' and must be a list. Correct the value."),
        ({"formula": " "}, "it is ' ' and must be a text that is not empty. Correct the value."),
        ({"formula": "see `cx_bands`"}, "there is no macro 'cx_bands'. Did you mean 'cx_band'?"),
        (
            {"actionable_tips": ["see {scorecard/cx_trends}"]},
            "there is no chart scorecard/cx_trends. Did you mean 'cx_trend'?",
        ),
    ],
)
def test_what_is_wrong_with_a_card_is_named(
    change: dict[str, Any], message: str, card_file: Any
) -> None:
    folder, (key,) = card_file(**change), change
    lines = (folder / "cx.yaml").read_text().splitlines()
    at = [n for n, line in enumerate(lines, 1) if line.startswith(f"{key}:")]
    with pytest.raises(KpiError) as refusal:
        read_cards(folder)
    assert str(refusal.value) == f"cards/cx.yaml:{at[0] if at else 1} {key}: {message}"


def test_all_faults_of_a_card_are_named_at_once(card_file: Any) -> None:
    with pytest.raises(KpiError) as refusal:
        read_cards(card_file(formula=..., title=..., risk_warnings=[]))
    assert str(refusal.value).count("\n") == 2


def test_a_card_that_is_empty_or_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "b.yaml").write_text("title: [")
    with pytest.raises(KpiError) as refusal:
        read_cards(tmp_path)
    first, second = str(refusal.value).splitlines()
    assert first == "cards/a.yaml:1: it is empty and must be keys with values. Correct the value."
    assert second.startswith("cards/b.yaml:1: this is not YAML: ")


# Macros


@pytest.mark.parametrize("macro", library().values(), ids=list(library()))
def test_a_macro_has_a_source_and_a_summary_that_is_a_sentence(macro: Macro) -> None:
    assert macro.source.strip()
    assert macro.summary.strip().endswith(".")


@pytest.mark.parametrize("macro", PUBLIC, ids=[m.name for m in PUBLIC])
def test_a_public_macro_shows_an_example_with_every_required_argument(macro: Macro) -> None:
    required = {a.name for a in macro.args.values() if a.is_required}
    assert required <= set(macro.example)
    assert set(macro.example) <= set(macro.args)


@pytest.mark.slow
def test_the_page_of_macros_shows_every_public_one_on_the_demo(
    demo_warehouse: Path, tmp_path: Path
) -> None:
    text = pages(superset_group, demo_warehouse)["macros.md"]
    assert re.findall(r"^### (\w+)$", text, re.M) == [
        m.name for area in sorted({m.area for m in PUBLIC}) for m in PUBLIC if m.area == area
    ]
    assert str(demo_warehouse.parent) not in text


def test_a_macro_without_an_example_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from superset_kpi.docs import macro_page as module

    class One(dict[str, Macro]):
        def needs(self, macro: Macro) -> dict[str, set[str]]:
            return {}

        def needs_one_of(self, macro: Macro) -> set[tuple[str, ...]]:
            return set()

        def called_by(self, macro: Macro) -> list[Macro]:
            return []

    bare = replace(library()["cx_band"], example={})
    monkeypatch.setattr(module, "library", lambda: One(cx_band=bare))
    with pytest.raises(KpiError) as refusal:
        macro_page({}, {})
    assert str(refusal.value) == (
        "docs: experience/cx_band.sql: the example lacks 'score'. "
        "Add it to `example` in the header."
    )


def test_a_citation_names_the_version_of_the_package() -> None:
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__


def test_a_bar_does_not_end_a_cell() -> None:
    assert table(("a",), [("x | y\nz",)]) == "| a |\n|---|\n| x \\| y z |"


# The command line, and what is stale


def test_the_page_of_commands_has_the_help_of_each() -> None:
    text = command_page(superset_group)
    for name, command in superset_group.commands.items():
        assert f"\n## {name}\n" in text
        assert command.epilog in " ".join(text.split())


def test_stale_pages_are_named_with_what_differs(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\ntwo\n")
    (tmp_path / "same.md").write_text("same\n")
    found = stale(tmp_path, {"a.md": "one\n2\n", "same.md": "same\n", "new.md": "new\n"})
    assert found == {
        "a.md": "docs/a.md: 2 lines differ\n  -two\n  +2",
        "new.md": "docs/new.md: 1 lines differ\n  +new",
    }


def test_a_long_difference_is_cut(tmp_path: Path) -> None:
    found = stale(tmp_path, {"a.md": "line\n" * 40})
    assert found["a.md"].splitlines()[-1] == "  ... and 28 lines more"


def test_the_pages_stand_in_the_clone() -> None:
    assert docs_folder() == DOCS


# Written pages


@pytest.mark.parametrize("name", WRITTEN)
def test_a_link_of_a_written_page_leads_somewhere(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)]+)\)", text):
        path, _, fragment = target.partition("#")
        page = DOCS / (path or name)
        assert page.is_file(), target
        assert not fragment or f'id="{fragment}"' in page.read_text(encoding="utf-8"), target


def test_a_decision_that_is_referred_to_is_written() -> None:
    written = set(re.findall(r'<a id="([a-z-]+)">', (DOCS / "decisions.md").read_text("utf-8")))
    referred = set()
    for folder in ("sql_macros", "superset_kpi", "dashboards", "docker"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in TEXT_FILES:
                text = path.read_text(encoding="utf-8")
                referred |= set(re.findall(r"docs/decisions\.md#([a-z-]+)", text))
    assert referred <= written


def test_decisions_are_numbered_without_gaps() -> None:
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    numbers = [int(n) for n in re.findall(r"^### (\d+)\. ", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text.count("<a id=") == len(numbers)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_macro_that_a_written_page_names_exists(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    named = set(re.findall(r"\{\{ kpi\.(?:shop\.)?(\w+)\(", text)) - {"x"}
    named |= {n for n in re.findall(r"`([a-z]+_[a-z_]+)`", text) if n in library() or "_is_" in n}
    assert named <= set(library())


def test_the_logical_tables_are_listed_as_they_are() -> None:
    text = (DOCS / "mapping.md").read_text(encoding="utf-8")
    section = text.split("## Logical tables")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| (\w+) \| (.+) \|$", section, re.M))
    listed.pop("table", None)
    assert listed == {
        name: ", ".join(f"**{c.name}**" if c.is_required else c.name for c in t.columns.values())
        for name, t in LOGICAL_TABLES.items()
    }


def test_the_tables_that_need_rules_are_listed_with_the_dashboards_that_count_them() -> None:
    from superset_kpi.mapping.physical import physical_tables, tables_read
    from tests.bundles import bundle, mappings

    page = (DOCS / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.M)
    built = bundle("telecom")
    titles = {
        name: tree["dashboard_title"].split(" · ")[0] for name, tree in built.dashboards.items()
    }
    shown: dict[str, set[str]] = {}
    for key, chart in built.charts.items():
        shown.setdefault(chart["dataset_uuid"], set()).add(titles[key.split("/")[0]])
    logical: dict[str, set[str]] = {}
    for where, physical in tables_read(mappings()["telecom"]):
        logical.setdefault(str(physical), set()).add(where.split(".")[2].split("[")[0])
    counted: dict[str, set[str]] = {}
    for tree in built.datasets.values():
        for read in physical_tables(sqlglot.parse_one(tree["sql"], read="duckdb"), "duckdb"):
            for name in logical[str(read)]:
                counted.setdefault(name, set()).update(shown.get(tree["uuid"], set()))
    keys = {"customer_id", "response_id", "respondent_id"}
    people = [n for n, t in LOGICAL_TABLES.items() if keys & set(t.columns) and n in counted]
    assert rows == [(name, ", ".join(sorted(counted[name]))) for name in people]


def test_the_settings_are_listed_as_they_are() -> None:
    from superset_kpi.mapping.schema import MappingFile

    text = (DOCS / "mapping.md").read_text(encoding="utf-8")
    section = text.split("## Settings")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == sorted(
        set(MappingFile.model_fields) - {"tables"},
        key="title database dialect url as_of timezone currency fiscal_year_starts margin_rate "
        "inactive_days default_scheme scales privacy materialized".split().index,
    )


@pytest.mark.parametrize("place", range(4))
def test_an_example_of_the_page_on_mappings_is_valid(place: int, tmp_path: Path) -> None:
    text = (DOCS / "mapping.md").read_text(encoding="utf-8")
    example = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)[place])
    body: dict[str, Any] = {"database": "Warehouse", "dialect": "postgresql", "tables": {}}
    if "shop" in example:
        body = example["shop"]
    elif "columns" in example:
        asked = {"customer_id": "customer_id", "segment": "segment", "scheme": "scheme"}
        columns = {k: v for k, v in example["columns"].items() if k in asked}
        body["tables"] = {"segment_membership": {"table": "t", "columns": columns}}
    elif "tables" in example:
        body |= example
    else:
        body["tables"] = example
    (tmp_path / "kpi.yaml").write_text(yaml.safe_dump({"shop": body}))
    assert list(read_mappings(tmp_path / "kpi.yaml")) == ["shop"]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_picture_and_page_that_is_linked_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_page_of_dashboards_shows_every_chart() -> None:
    from superset_kpi.docs.dashboard_page import dashboard_page
    from superset_kpi.resources import dashboards

    text = dashboard_page(DOCS / "images")
    for path in dashboards().glob("*/charts/*.yaml"):
        title = yaml.safe_load(path.read_text(encoding="utf-8"))["slice_name"]
        assert f"| {title} |" in text
