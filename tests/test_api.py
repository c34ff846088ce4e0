"""The macros from Python: what docs/python.md shows, and what help and completion say."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import superset_kpi
from superset_kpi.macros import Macro, library

PAGE = Path(__file__).resolve().parent.parent / "docs" / "python.md"
PUBLIC = [m for m in library().values() if not m.is_internal]


@pytest.fixture
def kpi(demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> superset_kpi.Kpi:
    """The telecom's macros, in a folder as `make demo` leaves it."""
    from superset_kpi.demo.serve import write_mapping

    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "warehouse.duckdb").symlink_to(demo_warehouse)
    write_mapping(tmp_path / ".demo")
    monkeypatch.chdir(tmp_path)
    return superset_kpi.connect(".demo/kpi.yaml:telecom")


def test_the_blocks_of_the_page_give_what_they_show(kpi: superset_kpi.Kpi) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("```", "")
    parsed = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(parsed.examples) > 8
    found = doctest.DocTestRunner().run(parsed)
    assert found.failed == 0


@pytest.mark.parametrize("macro", PUBLIC, ids=[m.name for m in PUBLIC])
def test_a_method_has_the_signature_and_the_words_of_its_header(macro: Macro) -> None:
    method = getattr(superset_kpi.Kpi(mapping=None), macro.name)
    assert list(inspect.signature(method).parameters) == list(macro.args)
    words = inspect.getdoc(method) or ""
    assert words.startswith(macro.summary)
    assert all(column.doc in words for column in macro.returns.values())
    assert all(argument.doc in words for argument in macro.args.values())


def test_completion_lists_every_public_macro_and_nothing_else(kpi: superset_kpi.Kpi) -> None:
    assert dir(kpi) == sorted(macro.name for macro in PUBLIC)
    assert not hasattr(kpi, "_ipython_display_")
    with pytest.raises(superset_kpi.KpiError, match=r"kpi\.memberships: there is no such macro\."):
        kpi.memberships()


def test_a_limit_cuts_the_rows_that_the_command_line_cuts(kpi: superset_kpi.Kpi) -> None:
    asked = kpi.cx_by_segment(scheme="Region")
    everything, some = asked.rows(), asked.rows(limit=2)
    assert some == everything[:2]
    assert asked.rows(limit=0) == []
    assert asked.arrow(limit=2).to_pylist() == some
    assert asked.df(limit=2).shape == (2, len(some[0]))


def test_no_rows_keep_their_columns(kpi: superset_kpi.Kpi) -> None:
    nothing = kpi.cx_by_segment(as_of="1990-01-01")
    assert nothing.rows() == []
    columns = list(library()["cx_by_segment"].returns)
    assert nothing.arrow().column_names == list(nothing.df().columns) == columns


def test_the_package_offers_five_names() -> None:
    offered = {"connect", "Kpi", "Query", "KpiError", "__version__"}
    assert set(superset_kpi.__all__) == offered
    assert all(hasattr(superset_kpi, name) for name in offered)
    with pytest.raises(AttributeError):
        superset_kpi.connexion  # noqa: B018
