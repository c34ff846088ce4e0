"""Fits every model that a mapping has the data for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from superset_kpi.documents import Document, checked
from superset_kpi.errors import KpiError, nearest
from superset_kpi.fit import gate, scored
from superset_kpi.fit.counts import History, Purchases, Renewals, Spend, Warehouse
from superset_kpi.macros.written import as_of_day
from superset_kpi.macros.written import today as macros_today
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.models import EVERYBODY, ModelsFile
from superset_kpi.models import backtest, bg_nbd, gamma_gamma, mbg_nbd, sbg
from superset_kpi.models.likelihood import Fit
from superset_kpi.warehouse import connection

Record = dict[str, Any]
MODELS: dict[str, Callable[..., Fit[Any]]] = {"bg_nbd": bg_nbd.fit, "mbg_nbd": mbg_nbd.fit}


@dataclass(frozen=True)
class Options:
    """What a call asks for.

    `model` is bg_nbd, mbg_nbd or auto, the likelier of the two. Without a calibration_end the last
    third of the history, at most a year, is the holdout.
    """

    model: str = "auto"
    is_exact: bool = False
    schemes: tuple[str, ...] = ()
    calibration_end: dt.date | None = None
    observation_end: dt.date | None = None


def fit(mapping: Mapping, options: Options, today: dt.date | None = None) -> ModelsFile:
    """Returns the models of the mapping's warehouse, and what was not fitted and why."""
    today = today or macros_today(mapping)
    end = as_of_day(mapping, today)
    if options.observation_end:
        if options.observation_end > end:
            raise KpiError(
                f"fit: observation cannot end on {options.observation_end}, after {end}, the last "
                "day of the data according to as_of. Name an earlier day, or set as_of."
            )
        end = options.observation_end
    record: Record = {"fitted_on": today}
    reasons: list[str] = []
    with connection(mapping) as opened:
        source = Warehouse(opened, mapping, end, options.is_exact)
        _check_schemes(source, options.schemes)
        if mapping.is_mapped("transactions"):
            _fit_customers(source, options, record, reasons)
        else:
            reasons.append("Purchases: no transactions are mapped.")
        if mapping.is_mapped("subscriptions"):
            _fit_contracts(source, options, record, reasons)
    record.setdefault("observation_start", end)
    record.setdefault("observation_end", end)
    if reasons:
        record["not_fitted"] = reasons
    file, faults = checked(ModelsFile, record, Document("fit"), remedy="Fit a longer history.")
    if file is None:
        raise KpiError("\n".join(faults))
    return file


def _check_schemes(source: Warehouse, schemes: Sequence[str]) -> None:
    known = source.schemes() if schemes else []
    for scheme in schemes:
        if scheme not in known:
            hint = nearest(scheme, known) if known else "No segments are mapped."
            raise KpiError(f"fit: there is no scheme {scheme!r}. {hint}")


def _fit_customers(source: Warehouse, options: Options, record: Record, reasons: list[str]) -> None:
    history = source.history()
    lacking = gate.lacking(history, source.end)
    if lacking or history.first_purchase_on is None:
        reasons += [f"Purchases: {reason}" for reason in lacking]
        return
    record.update(
        observation_start=history.first_purchase_on,
        observation_end=source.end,
        data=_data(history),
    )
    purchases, spent, (name, fitted, others) = _fit_everybody(source, options, history, reasons)
    try:
        score = scored.scored(fitted.parameters, purchases)
    except ValueError as error:
        reasons.append(f"Purchases: the model cannot be scored: {error}")
        return
    spend, spend_reason = _fit_spend(spent)
    entries = [_entry(EVERYBODY, EVERYBODY, name, fitted, spend, score)]
    entries[0]["purchases"].update(others)
    if spend_reason:
        reasons.append(f"Spend: {spend_reason}.")
    for scheme in options.schemes:
        entries += _fit_segments(source, scheme, name, reasons)
    record["customers"] = entries
    _hold_out(source, options, name, history, record, reasons)


def _data(history: History) -> Record:
    values = dataclasses.asdict(history)
    values["revenue"] = round(history.revenue, 2)
    digest = hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16]
    return {**values, "digest": digest}


def _fit_everybody(
    source: Warehouse, options: Options, history: History, reasons: list[str]
) -> tuple[Purchases, Spend, tuple[str, Fit[Any], Record]]:
    """Returns the counts of all customers, by groups fine enough for what is fitted to them."""
    purchases, spent = source.counts()[EVERYBODY]
    found = _fit_purchases(purchases, options.model)
    assert history.first_purchase_on is not None
    wanted = gate.group_days(found[1].parameters.alpha)
    least = gate.least_group_days(history.customers, (source.end - history.first_purchase_on).days)
    if wanted < least:
        reasons.append(
            f"Purchases: histories are grouped by {least} days, as groups by {wanted} would be too "
            "many; parameters are less exact. Fit fewer customers, or use --exact."
        )
    if max(wanted, least) < source.group_days:
        source.group_days = max(wanted, least)
        purchases, spent = source.counts()[EVERYBODY]
        found = _fit_purchases(purchases, options.model)
    return purchases, spent, found


def _fit_purchases(purchases: Purchases, model: str) -> tuple[str, Fit[Any], Record]:
    """Returns the model's name, its fit, and the log-likelihood of the one that lost."""
    names = list(MODELS) if model == "auto" else [model]
    fits = {
        name: MODELS[name](purchases.x, purchases.t_x, purchases.T, purchases.weight)
        for name in names
    }
    best = max(fits, key=lambda name: fits[name].log_likelihood)
    others = {
        f"log_likelihood_of_{name}": round(fit.log_likelihood, 4)
        for name, fit in fits.items()
        if name != best
    }
    return best, fits[best], others


def _fit_spend(spend: Spend) -> tuple[Fit[Any] | None, str | None]:
    customers = float(spend.weight.sum())
    if customers < gate.LEAST_CUSTOMERS / 5:
        return None, (
            f"{customers:.0f} customers with a repeat purchase and spend are too few: "
            f"{gate.LEAST_CUSTOMERS // 5} are needed"
        )
    return gamma_gamma.fit(spend.x, spend.m, spend.weight), None


def _fit_segments(source: Warehouse, scheme: str, name: str, reasons: list[str]) -> list[Record]:
    entries = []
    for segment, (purchases, spent) in source.counts(scheme).items():
        reason = gate.lacking_in_segment(purchases)
        if reason is None:
            fitted = MODELS[name](purchases.x, purchases.t_x, purchases.T, purchases.weight)
            reason = fitted.problems[0] if fitted.problems else None
        if reason is None:
            try:
                score = scored.scored(fitted.parameters, purchases)
            except ValueError as error:
                reason = f"the model cannot be scored: {error}"
        if reason:
            reasons.append(f"{scheme} / {segment}: {reason.rstrip('.')}; pooled.")
            continue
        spend, why = _fit_spend(spent)
        if spend is not None and spend.problems:
            why = spend.problems[0].rstrip(".")
            spend = None
        if why:
            reasons.append(f"{scheme} / {segment}: spend is pooled: {why}.")
        entries.append(_entry(scheme, segment, name, fitted, spend, score))
    return entries


def _entry(
    scheme: str,
    segment: str,
    name: str,
    fitted: Fit[Any],
    spend: Fit[Any] | None,
    score: scored.Scored,
) -> Record:
    purchases = {**_record(name, fitted), "scored_within": score.within}
    purchases["problems"] += score.problems
    entry = {"scheme": scheme, "segment": segment, "purchases": purchases}
    if spend is not None:
        entry["spend"] = _record("gamma_gamma", spend)
    return entry


def _record(name: str, fitted: Fit[Any]) -> Record:
    values = dataclasses.asdict(fitted.parameters)
    errors = dict(zip(values, fitted.standard_errors, strict=True))
    return {
        "model": name,
        "parameters": {key: _digits(value) for key, value in values.items()},
        "standard_errors": {k: _digits(e, 4) for k, e in errors.items() if math.isfinite(e)},
        "observations": int(fitted.observations),
        "log_likelihood": round(fitted.log_likelihood, 4),
        "problems": list(fitted.problems),
    }


def _digits(value: float, digits: int = 12) -> float:
    return float(f"{value:.{digits}g}")


def _hold_out(
    source: Warehouse,
    options: Options,
    name: str,
    history: History,
    record: Record,
    reasons: list[str],
) -> None:
    assert history.first_purchase_on is not None
    days = (source.end - history.first_purchase_on).days
    split = options.calibration_end or source.end - dt.timedelta(days=min(365, days // 3))
    if not history.first_purchase_on < split < source.end:
        raise KpiError(
            f"fit: the calibration cannot end on {split}. Name a day between "
            f"{history.first_purchase_on} and {source.end}."
        )
    lacking = gate.lacking(source.history(split), split)
    if lacking:
        reasons += [f"Holdout: up to {split}: {reason}" for reason in lacking]
        return
    counts, _ = source.counts(calibration_end=split)[EVERYBODY]
    fitted = MODELS[name](counts.x, counts.t_x, counts.T, counts.weight)
    weeks = (source.end - split).days / 7
    problem = scored.backtest_problem(fitted.parameters, weeks, days / 7 + 1)
    if problem:
        reasons.append(f"Holdout: the model cannot be scored: {problem}")
        return
    predicted = bg_nbd.expected_purchases(fitted.parameters, weeks, counts.x, counts.t_x, counts.T)
    naive = backtest.naive_purchases(weeks, counts.x, counts.T)
    result = backtest.backtest(counts.holdout, predicted, naive, counts.weight)
    record["holdout"] = {
        "calibration_end": split,
        "purchases": _record(name, fitted),
        "result": {
            key: value if key == "customers" else _digits(value, 6)
            for key, value in dataclasses.asdict(result).items()
            if math.isfinite(value)
        },
    }


def _fit_contracts(source: Warehouse, options: Options, record: Record, reasons: list[str]) -> None:
    entries: list[Record] = []
    for scheme in (EVERYBODY, *options.schemes):
        for segment, renewals in source.renewals(scheme).items():
            entry, reason = _fit_renewals(scheme, segment, renewals)
            if entry:
                entries.append(entry)
            else:
                reasons.append(f"Contracts of {segment}: {reason}.")
        if not entries:
            return
    record["contracts"] = entries


def _fit_renewals(
    scheme: str, segment: str, renewals: Renewals
) -> tuple[Record | None, str | None]:
    reason = gate.lacking_in_contracts(renewals)
    if reason:
        return None, reason
    fitted = sbg.fit(renewals.renewals, renewals.has_left, renewals.weight)
    problem = scored.renewals_problem(fitted.parameters)
    if problem:
        return None, f"the model cannot be scored: {problem.rstrip('.')}"
    if fitted.problems and scheme != EVERYBODY:
        return None, f"{fitted.problems[0].rstrip('.')}; pooled"
    return {"scheme": scheme, "segment": segment, "renewals": _record("sbg", fitted)}, None
