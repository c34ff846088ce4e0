"""superset-kpi fit: from a warehouse to kpi.models.yaml, whatever the data is like."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from pathlib import Path

import duckdb
import numpy as np
import pytest

import superset_kpi.demo
from superset_kpi.documents import read_document
from superset_kpi.errors import KpiError, MacroError, MappingError, NotScored
from superset_kpi.fit import Options, fit, gate, write_models
from superset_kpi.fit.counts import Warehouse
from superset_kpi.fit.fitting import _fit_everybody
from superset_kpi.fit.models_file import previous_path
from superset_kpi.macros import render_query
from superset_kpi.macros.written import available
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.mapping.models import (
    CustomerModel,
    Models,
    ModelsFile,
    as_models,
    models_path,
    read_models,
)
from superset_kpi.models import bg_nbd
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.mbg_nbd import MbgNbd
from superset_kpi.warehouse import connection, run
from tests.bundles import build

KPI_YAML = Path(superset_kpi.demo.__file__).parent / "kpi.yaml"
END = dt.date(2026, 9, 30)
MODELS = {"bg_nbd": BgNbd, "mbg_nbd": MbgNbd}
NOTHING = "select 1 as n, 1 as who, timestamp '2026-09-30' as bought_at, 5.0 as amount where 1 = 0"
SHOP = """\
shop:
  database: shop
  url: duckdb:///{path}
  dialect: duckdb
  as_of: 2026-09-30
  tables:
    transactions:
      table: purchases
      columns: {{transaction_id: n, customer_id: who, occurred_at: bought_at, amount: amount}}
"""


@pytest.fixture
def demo(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Mapping]:
    monkeypatch.setenv("KPI_DEMO_WAREHOUSE", str(demo_warehouse))
    return read_mappings(KPI_YAML)


def shop(folder: Path, select: str) -> Path:
    """The mapping file of a shop; the select gives its purchases (n, who, bought_at, amount)."""
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as opened:
        opened.execute(f"create table purchases as {select}")
    file = folder / "kpi.yaml"
    file.write_text(SHOP.format(path=path), encoding="utf-8")
    return file


def scored(mapping: Mapping, **arguments: object) -> list[dict[str, object]]:
    return run(mapping, render_query("clv_predicted", arguments, mapping)).records()


def test_cdnow_to_september_1997_is_the_published_fit(demo: dict[str, Mapping]) -> None:
    """Fader, Hardie & Lee (2005), table 2: .243, 4.414, .793, 2.426, -9582.4."""
    fitted = fit(demo["cdnow"], Options("bg_nbd", True, (), dt.date(1997, 9, 30)))
    model = fitted.plain()["holdout"]["purchases"]
    assert list(model["parameters"].values()) == pytest.approx([0.243, 4.414, 0.793, 2.426], 2e-3)
    assert model["log_likelihood"] == pytest.approx(-9582.4, abs=0.05)
    result = fitted.plain()["holdout"]["result"]
    assert result["actual"] == 1882
    assert result["predicted"] == pytest.approx(1653.9, abs=1)
    assert result["naive_error"] == pytest.approx(0.557, abs=5e-4)


def test_a_model_that_the_data_hardly_determines_says_so(demo: dict[str, Mapping]) -> None:
    """Hardly an account of the wholesaler is seen to leave: a may as well be 50 times larger."""
    problems = fit(demo["retail"], Options("mbg_nbd")).plain()["customers"][0]["purchases"][
        "problems"
    ]
    assert [p.split(",")[0] for p in problems] == [
        "MBG/NBD fit: the data hardly determines a",
        "MBG/NBD fit: the data hardly determines b",
    ]
    status = run(demo["retail"], render_query("model_status", {}, demo["retail"])).records()
    assert {row["kind"]: row["status"] for row in status} == {
        "purchases": "Degenerate",
        "spend": "Fitted",
    }


def test_weekly_means_give_the_parameters_of_exact_days(demo: dict[str, Mapping]) -> None:
    def parameters(is_exact: bool) -> list[float]:
        record = fit(demo["cdnow"], Options("bg_nbd", is_exact)).plain()
        return list(record["customers"][0]["purchases"]["parameters"].values())

    assert parameters(False) == pytest.approx(parameters(True), rel=5e-3)


def test_the_demos_file_is_what_fit_finds(demo: dict[str, Mapping]) -> None:
    options = Options("bg_nbd", calibration_end=dt.date(1997, 9, 30))
    fitted = as_models(fit(demo["cdnow"], options))
    shipped = read_models(KPI_YAML)["cdnow"]
    assert fitted.customers[0].r == pytest.approx(shipped.customers[0].r, rel=1e-6)
    assert fitted.holdout[0].alpha == pytest.approx(shipped.holdout[0].alpha, rel=1e-6)


def test_every_demo_mapping_is_scored(demo: dict[str, Mapping]) -> None:
    for mapping in demo.values():
        rows = scored(mapping, scheme="All customers")
        assert rows
        for row in rows:
            assert row["p_alive"] is not None
            assert (row["clv"] is None) == (row["reason"] is not None)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = shop(tmp_path, many_customers())
    mapping = read_mappings(file)["shop"]
    with pytest.raises(MacroError, match=r"has no fitted model\. Run superset-kpi fit\."):
        scored(mapping)
    fitted = fit(mapping, Options())
    write_models(file, "shop", fitted)
    again = read_mappings(file)["shop"]
    assert again.digest != mapping.digest
    assert again.models == as_models(fitted)
    assert len(scored(again)) == 800


def test_the_demos_file_is_written_as_it_was_read(tmp_path: Path) -> None:
    read = read_document(models_path(KPI_YAML)).values
    for name, entry in read.items():
        written = write_models(tmp_path / "kpi.yaml", name, ModelsFile.model_validate(entry))
    shipped = models_path(KPI_YAML).read_text(encoding="utf-8")
    assert body(written.read_text(encoding="utf-8")) == body(shipped)


def test_the_file_before_is_kept_beside_a_new_one(tmp_path: Path) -> None:
    entries = read_document(models_path(KPI_YAML)).values
    first, second = list(entries.values())[:2]
    for entry in (first, first):
        written = write_models(tmp_path / "kpi.yaml", "shop", ModelsFile.model_validate(entry))
    before = tmp_path / "kpi.models.previous.yaml"
    assert previous_path(written) == before
    assert not before.exists()  # nothing has changed
    old = written.read_bytes()
    write_models(tmp_path / "kpi.yaml", "shop", ModelsFile.model_validate(second))
    assert before.read_bytes() == old != written.read_bytes()


def body(text: str) -> list[str]:
    """The lines of a file that are no comments."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def many_customers(until: int = 0) -> str:
    """800 customers of two years, each with up to 7 purchases, the last `until` days ago."""
    return f"""
        select row_number() over () as n, c as who,
            timestamp '2026-09-30' - to_days(cast((c * 7919 + i * i * 97) % 600 + {until} as int))
            as bought_at, 10.0 + (c + i) % 30 as amount
        from range(800) as t(c), range(7) as u(i)
        where i <= c % 7 * (c % 3) / 2 or i = 0
    """


@pytest.mark.parametrize(
    ("select", "reason"),
    [
        (
            "select 1 as n, 1 as who, timestamp '2026-09-30' as bought_at, 5.0 as amount",
            "1 customers",
        ),
        (
            NOTHING,
            "There is no purchase up to 2026-09-30.",
        ),
        (
            "select c as n, c as who, timestamp '2026-09-30' - to_days(cast(c % 300 as int)) "
            "as bought_at, 5.0 as amount from range(900) as t(c)",
            "No customer has purchases on three days.",
        ),
        (
            "select c as n, c % 600 as who, timestamp '2026-09-30' - "
            "to_days(cast(c // 600 as int)) as bought_at, 5.0 as amount from range(6000) as t(c)",
            "9 days of history are too few: 180 are needed.",
        ),
        (many_customers(40), "40 days before 2026-09-30: at most 30 are allowed."),
    ],
)
def test_data_that_carries_no_model_is_told_why(tmp_path: Path, select: str, reason: str) -> None:
    fitted = fit(read_mappings(shop(tmp_path, select))["shop"], Options())
    assert not fitted.has_models
    assert any(reason in sentence for sentence in fitted.not_fitted), fitted.not_fitted


def test_customers_who_all_buy_every_day_get_a_number_or_a_reason(tmp_path: Path) -> None:
    """Nobody leaves and all are alike: the fit ends at its bounds and says so."""
    select = (
        "select row_number() over () as n, c as who, "
        "timestamp '2026-09-30' - to_days(cast(d as int)) as bought_at, 5.0 as amount "
        "from range(520) as t(c), range(200) as u(d)"
    )
    mapping = read_mappings(shop(tmp_path, select))["shop"]
    fitted = fit(mapping, Options())
    assert fitted.plain()["customers"][0]["purchases"]["problems"]
    rows = scored(changed(mapping, models=as_models(fitted)), tolerance=1e-4)
    assert len(rows) == 520
    assert all(float(str(row["expected_purchases"])) > 300 for row in rows)


def test_refunds_zeros_and_the_future_are_no_exception(tmp_path: Path) -> None:
    select = """
        select * from (values
            (1, 1, timestamp '2026-01-01', 0.0), (2, 1, timestamp '2026-02-01', 0.0),
            (3, 2, timestamp '2026-01-01', -5.0),
            (4, 3, timestamp '2026-01-01', 5.0), (5, 3, timestamp '2026-03-01', -50.0),
            (6, 4, timestamp '2027-01-01', 5.0),
            (7, 5, timestamp '1996-10-01', 5.0), (8, 5, timestamp '2026-09-30', 9.0)
        ) as v(n, who, bought_at, amount)
    """
    mapping = read_mappings(shop(tmp_path, select))["shop"]
    everybody = CustomerModel(
        *("All customers", "All customers", "bg_nbd"), 0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44
    )
    mapping = changed(mapping, models=Models(END, END, (everybody,), digest="odd"))
    rows = {row["customer_id"]: row for row in scored(mapping)}
    assert set(rows) == {1, 3, 5}
    assert rows[1]["frequency"] == 1
    assert all(
        row["clv"] is not None and np.isfinite(float(str(row["clv"]))) for row in rows.values()
    )


def histories(seed: int, customers: int, r: float, alpha: float, leave: str) -> str:
    """Purchases of two years: daily rates Gamma(r, rate alpha), a chance to leave after each."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        chance = 0.05 if leave == "alike" else random.beta(1.5, 3)
        rate, first = random.gamma(r, 1 / alpha), int(random.integers(0, 700))
        days, at = {first}, float(first)
        while random.random() > chance and at < 730:
            at += random.exponential(1 / max(rate, 1e-6))
            days |= {int(at)} if at < 730 else set()
        rows += [f"({who}, {day})" for day in sorted(days)]
    return (
        "select row_number() over () as n, who, timestamp '2026-09-30' - to_days(729 - day) "
        f"as bought_at, 20.0 + who % 7 as amount from (values {', '.join(rows)}) as v (who, day)"
    )


def test_buyers_who_all_leave_with_one_chance_are_fitted_and_scored(tmp_path: Path) -> None:
    """a and b run to their bounds, where one polynomial left a relative error of 5.5e+03."""
    file = shop(tmp_path, histories(1, 2000, 0.5, 10.0, "alike"))
    fitted = fit(read_mappings(file)["shop"], Options())
    model = fitted.plain()["customers"][0]["purchases"]
    a, b = model["parameters"]["a"], model["parameters"]["b"]
    assert a + b > 200
    assert a / (a + b) == pytest.approx(0.05, abs=0.01)
    assert model["scored_within"] <= 1e-5
    assert fitted.not_fitted == []
    write_models(file, "shop", fitted)
    mapping = read_mappings(file)["shop"]
    rows = scored(mapping, scheme="All customers", months=120)
    parameters = MODELS[model["model"]](**model["parameters"])
    x, recency, age = (
        np.array([float(str(row[name])) for row in rows]) / unit
        for name, unit in (("frequency", 1), ("recency_days", 7), ("age_days", 7))
    )
    exact = bg_nbd.expected_purchases(parameters, 120 * 4.345, x, recency, age)
    assert [row["expected_purchases"] for row in rows] == pytest.approx(exact, rel=2e-5)


def test_buyers_with_gaps_of_days_are_grouped_by_days(tmp_path: Path) -> None:
    """Weekly groups moved alpha by a tenth."""
    mapping = read_mappings(shop(tmp_path, histories(2, 2000, 0.6, 2.0, "differ")))["shop"]

    def parameters(options: Options) -> list[float]:
        with connection(mapping) as opened:
            source = Warehouse(opened, mapping, END, options.is_exact)
            found = _fit_everybody(source, options, source.history(), [])
        return list(vars(found[2][1].parameters).values())

    exact = parameters(Options("bg_nbd", is_exact=True))
    assert exact[1] < 1
    assert parameters(Options("bg_nbd")) == pytest.approx(exact, rel=1e-3)


def test_groups_stay_within_bounds() -> None:
    assert gate.group_days(4.414) == 7
    assert gate.group_days(0.27) == 1
    assert gate.least_group_days(400_000, 3650) == 1
    assert gate.least_group_days(10_000_000, 730) == 3


def test_a_model_that_cannot_be_scored_takes_nothing_else_down() -> None:
    mapping = read_mappings(KPI_YAML)["cdnow"]
    broken = CustomerModel("All customers", "All customers", "bg_nbd", 1, 6, 1000, 1e-4, 6, 4, 15)
    mapping = changed(mapping, models=Models(END, END, (broken,), digest="broken"))
    sentence = r"The model of All customers cannot be scored\. Purchase surface: "
    with pytest.raises(NotScored, match=sentence):
        render_query("clv_predicted", {}, mapping)
    bundle = build(mapping)
    assert "clv_by_segment" in bundle.datasets
    assert "model_status" in bundle.datasets
    why = {each.key: each.why for each in bundle.absent if each.kind == "dataset"}
    for key in ("clv_predicted", "clv_predicted_by_segment"):
        assert re.match(sentence, why[key][0])
    assert "clv_predicted" not in available(mapping)


def test_observation_ends_on_the_day_that_is_named(demo: dict[str, Mapping]) -> None:
    until = dt.date(1997, 12, 31)
    fitted = fit(demo["cdnow"], Options("bg_nbd", observation_end=until))
    assert fitted.plain()["observation_end"] == until
    assert fitted.plain()["data"]["last_purchase_on"] <= until
    with pytest.raises(KpiError, match="observation cannot end on 2031-01-01, after 1998-06-30"):
        fit(demo["cdnow"], Options(observation_end=dt.date(2031, 1, 1)))


def test_a_calibration_outside_the_data_is_refused(demo: dict[str, Mapping]) -> None:
    with pytest.raises(KpiError, match="the calibration cannot end on 1999-01-01"):
        fit(demo["cdnow"], Options(calibration_end=dt.date(1999, 1, 1)))


def test_an_unknown_scheme_is_refused_with_the_nearest(demo: dict[str, Mapping]) -> None:
    with pytest.raises(
        KpiError, match=r"there is no scheme 'Tarif plan'\. Did you mean 'Tariff plan'"
    ):
        fit(demo["telecom"], Options(schemes=("Tarif plan",)))


def test_a_broken_models_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = shop(
        tmp_path, "select 1 as n, 1 as who, timestamp '2026-09-30' as bought_at, 5.0 as amount"
    )
    (tmp_path / "kpi.models.yaml").write_text(
        "shop:\n  observation_start: 2026-01-01\n  observation_end: 2026-09-30\n  customers:\n"
        "    - purchases: {model: bg_nbd, parameters: {r: -1, alpha: 1, a: 1, b: 1}}\n"
    )
    with pytest.raises(MappingError, match=r"kpi\.models\.yaml:5 .*parameters\.r: it is -1"):
        read_mappings(file)


CONTRACTS = """\
firm:
  database: firm
  url: duckdb:///{path}
  dialect: duckdb
  as_of: 2025-08-31
  tables:
    subscriptions:
      table: contracts
      columns: {{subscription_id: n, customer_id: n, started_at: begins, ended_at: ends, mrr: fee}}
"""


def test_contracts_paid_by_the_month_are_the_published_fit(tmp_path: Path) -> None:
    """Fader & Hardie (2007), regular customers: .704, 1.182. Who leaves ends on the first day after

    the last month that is paid. The residual follows from (2010), equation 6, at 10 % a year.
    """
    survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    path = tmp_path / "firm.duckdb"
    with duckdb.connect(str(path)) as opened:
        opened.execute("create table contracts (n integer, begins date, ends date, fee double)")
        for months, (before, after) in enumerate(itertools.pairwise(survivors), 1):
            opened.execute(
                "insert into contracts select ? + i, '2025-01-01', ?, 1 from range(?) as r (i)",
                [before * 10, dt.date(2025, 1 + months, 1), before - after],
            )
        opened.execute("insert into contracts select i, '2025-01-01', null, 1 from range(241) t(i)")
    file = tmp_path / "kpi.yaml"
    file.write_text(CONTRACTS.format(path=path), encoding="utf-8")
    fitted = fit(read_mappings(file)["firm"], Options())
    model = fitted.plain()["contracts"][0]["renewals"]["parameters"]
    assert list(model.values()) == pytest.approx([0.704, 1.182], abs=5e-4)
    write_models(file, "firm", fitted)
    mapping = read_mappings(file)["firm"]
    rows = run(mapping, render_query("clv_contractual", {}, mapping)).records()
    (held,) = [row for row in rows if row["contracts"]]
    assert (held["tenure_months"], held["contracts"]) == (7, 241)
    assert held["residual_months"] == pytest.approx(29.90, abs=0.005)
