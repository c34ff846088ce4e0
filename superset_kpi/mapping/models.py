"""kpi.models.yaml -> Models: the parameters that `superset-kpi fit` found, beside the mapping."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from superset_kpi.documents import checked, read_document
from superset_kpi.errors import MappingError

EVERYBODY = "All customers"
# What a macro can ask for.
KINDS = ("customers", "contracts", "holdout")


@dataclass(frozen=True)
class CustomerModel:
    """Purchases and spend of one segment; times in weeks. Spend is null where it was not fitted."""

    scheme: str
    segment: str
    model: Literal["bg_nbd", "mbg_nbd"]
    r: float
    alpha: float
    a: float
    b: float
    p: float | None = None
    q: float | None = None
    gamma: float | None = None


@dataclass(frozen=True)
class ContractModel:
    """Renewals of one segment's contracts, month by month."""

    scheme: str
    segment: str
    alpha: float
    beta: float


@dataclass(frozen=True)
class Fit:
    """How the fit of one model came out; problems are sentences, none where it went well."""

    kind: Literal["purchases", "spend", "renewals"]
    scheme: str
    segment: str
    model: str
    observations: int | None
    problems: str | None


@dataclass(frozen=True)
class Models:
    """Everything fitted for one mapping; where there are any, the first is that of all customers.

    `holdout` was fitted to the days up to calibration_end only, for judging the forecast.
    """

    observation_start: dt.date
    observation_end: dt.date
    customers: tuple[CustomerModel, ...] = ()
    contracts: tuple[ContractModel, ...] = ()
    holdout: tuple[CustomerModel, ...] = ()
    calibration_end: dt.date | None = None
    fits: tuple[Fit, ...] = ()
    digest: str = ""

    def has(self, kind: str) -> bool:
        """Returns whether a model of the kind was fitted: customers, contracts or holdout."""
        return bool(getattr(self, kind))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Open(BaseModel):
    # What is there for people to read is not checked.
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]


class PurchaseParameters(_Strict):
    """BG/NBD or MBG/NBD; alpha in weeks."""

    r: Positive
    alpha: Positive
    a: Positive
    b: Positive


class SpendParameters(_Strict):
    """Gamma-Gamma; gamma in money."""

    p: Positive
    q: Annotated[float, Field(gt=1)]
    gamma: Positive


class RenewalParameters(_Strict):
    """Shifted beta-geometric, a renewal a month."""

    alpha: Positive
    beta: Positive


class _Fitted(_Open):
    # In the order of the file.
    model: str
    parameters: _Strict
    standard_errors: dict[str, Any] = {}
    observations: int | None = None
    log_likelihood: float | None = None
    problems: list[str] = []


class PurchaseFile(_Fitted):
    """Fitted purchases."""

    model: Literal["bg_nbd", "mbg_nbd"]
    parameters: PurchaseParameters


class SpendFile(_Fitted):
    """Fitted spend."""

    model: Literal["gamma_gamma"]
    parameters: SpendParameters


class RenewalFile(_Fitted):
    """Fitted renewals."""

    model: Literal["sbg"]
    parameters: RenewalParameters


class _Segment(_Strict):
    scheme: str = EVERYBODY
    segment: str = EVERYBODY


class CustomerFile(_Segment):
    """The models of one segment's customers."""

    purchases: PurchaseFile
    spend: SpendFile | None = None


class ContractFile(_Segment):
    """The model of one segment's contracts."""

    renewals: RenewalFile


class HoldoutFile(_Open):
    """The model of the calibration period."""

    calibration_end: dt.date
    purchases: PurchaseFile
    result: dict[str, Any] = {}


def _day(value: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


class ModelsFile(_Open):
    """One mapping's entry of kpi.models.yaml, as it is written and read; times in weeks."""

    fitted_on: Any = None
    observation_start: Annotated[dt.date, BeforeValidator(_day)]
    observation_end: Annotated[dt.date, BeforeValidator(_day)]
    data: dict[str, Any] = {}
    customers: list[CustomerFile] = []
    contracts: list[ContractFile] = []
    holdout: HoldoutFile | None = None
    not_fitted: list[str] = []

    @property
    def has_models(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.customers or self.contracts)

    def plain(self) -> dict[str, Any]:
        """Returns the entry as it stands in the file."""
        return self.model_dump(exclude_unset=True)

    @field_validator("customers", "contracts")
    @classmethod
    def _begins_with_everybody(cls, found: list[Any]) -> list[Any]:
        if found and (found[0].scheme, found[0].segment) != (EVERYBODY, EVERYBODY):
            raise ValueError(f"the first model is of {found[0].segment!r}, not of {EVERYBODY!r}")
        return found


def models_path(mapping: Path) -> Path:
    """Returns where the parameters for a mapping file stand: kpi.yaml has kpi.models.yaml."""
    return mapping.with_name(f"{mapping.stem}.models{mapping.suffix}")


def read_models(mapping: Path) -> dict[str, Models]:
    """Returns the fitted models by mapping; no file is no models, faults are a MappingError."""
    path = models_path(mapping)
    if not path.is_file():
        return {}
    document = read_document(path)
    values = document.values or {}
    if not isinstance(values, dict):
        raise MappingError(f"{path.name}: the file holds no mapping's name. Run superset-kpi fit.")
    models, faults = {}, list(document.faults)
    for name, body in values.items():
        file, found = checked(
            ModelsFile, body, document, (str(name),), "Run superset-kpi fit again."
        )
        faults += found
        if file:
            models[str(name)] = as_models(file)
    document.refuse(faults)
    return models


def as_models(file: ModelsFile) -> Models:
    """Returns a mapping's entry of the file as macros read it."""
    pooled = file.customers[0].spend if file.customers else None
    customers = tuple(
        _customer_model(c.scheme, c.segment, c.purchases, c.spend or pooled) for c in file.customers
    )
    contracts = tuple(
        ContractModel(c.scheme, c.segment, **c.renewals.parameters.model_dump())
        for c in file.contracts
    )
    holdout: tuple[CustomerModel, ...] = ()
    if file.holdout:
        holdout = (_customer_model(EVERYBODY, EVERYBODY, file.holdout.purchases, None),)
    calibration_end = file.holdout.calibration_end if file.holdout else None
    models = Models(
        observation_start=file.observation_start,
        observation_end=file.observation_end,
        customers=customers,
        contracts=contracts,
        holdout=holdout,
        calibration_end=calibration_end,
        fits=tuple(_fits(file)),
    )
    return replace(models, digest=hashlib.sha256(repr(models).encode()).hexdigest()[:16])


def _fits(file: ModelsFile) -> Iterator[Fit]:
    for customer in file.customers:
        yield _fit("purchases", customer, customer.purchases)
        if customer.spend:
            yield _fit("spend", customer, customer.spend)
    for contract in file.contracts:
        yield _fit("renewals", contract, contract.renewals)


def _fit(
    kind: Literal["purchases", "spend", "renewals"],
    of: _Segment,
    fitted: PurchaseFile | SpendFile | RenewalFile,
) -> Fit:
    problems = " ".join(fitted.problems) or None
    return Fit(kind, of.scheme, of.segment, fitted.model, fitted.observations, problems)


def _customer_model(
    scheme: str, segment: str, purchases: PurchaseFile, spend: SpendFile | None
) -> CustomerModel:
    return CustomerModel(
        scheme,
        segment,
        purchases.model,
        **purchases.parameters.model_dump(),
        **(spend.parameters.model_dump() if spend else {}),
    )
