"""The shape of a mapping file: validates it, and gives editors its JSON Schema."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from superset_kpi.dialects.vocabulary import UTC
from superset_kpi.errors import close, said
from superset_kpi.mapping.logical import LOGICAL_TABLES, METRICS


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ScaleFile(_Strict):
    """A rating scale."""

    lo: float = Field(description="Lowest valid rating.")
    hi: float = Field(description="Highest valid rating.")
    direction: Literal[1, -1] = Field(
        1, description="1: high is good. -1: high is bad, and the scale is turned over first."
    )
    promoter_from: float | None = Field(
        None, description="nps: lowest rating of a promoter, on the scale with its good end up."
    )
    detractor_to: float | None = Field(
        None, description="nps: highest rating of a detractor, on the same scale."
    )
    low_effort_from: float | None = Field(
        None, description="ces: lowest rating of low effort, on the scale with its good end up."
    )
    top_from: float | None = Field(
        None, description="Others: lowest rating of the top boxes, with the good end up."
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> ScaleFile:
        if self.lo >= self.hi:
            raise ValueError(f"lo {self.lo:g} must be below hi {self.hi:g}")
        for key in ("promoter_from", "low_effort_from", "top_from"):
            value = getattr(self, key)
            if value is not None and not self.lo < value <= self.hi:
                raise ValueError(
                    f"{key} {value:g} must be above lo {self.lo:g} and at most hi {self.hi:g}"
                )
        least, most = self.detractor_to, self.promoter_from
        if least is not None and not self.lo <= least < (self.hi if most is None else most):
            raise ValueError(
                f"detractor_to {least:g} must be at least lo {self.lo:g} and below promoter_from"
            )
        return self


class ColumnFile(_Strict):
    """A column by its exact name, or a constant."""

    column: str | None = Field(None, description="Exact name of a physical column.")
    constant: str | int | float | bool | dt.date | None = Field(
        None, description="The same value on every row."
    )
    zoned: bool | None = Field(
        None,
        description="Whether the column's timestamps carry a time zone; only if the engine can't "
        "tell, or to spare it the question.",
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> ColumnFile:
        if len(self.model_fields_set - {"zoned"}) != 1:
            raise ValueError("give either column or constant")
        if self.zoned is not None and self.column is None:
            raise ValueError("zoned needs a column")
        return self


class SourceFile(_Strict):
    """One physical table or select."""

    table: str | None = Field(None, description="Physical table, spelled as the dataset spells it.")
    select: str | None = Field(None, description="One SELECT in the warehouse's dialect.")
    columns: dict[str, str | int | float | ColumnFile] = Field(
        description="Logical column: expression in the warehouse's dialect, column or constant."
    )
    where: str | None = Field(None, description="Rows to keep, in the warehouse's dialect.")

    @model_validator(mode="after")
    def _has_one_origin(self) -> SourceFile:
        if (self.table is None) == (self.select is None):
            raise ValueError("give either table or select")
        return self


# Stands quoted in every statement, as the warehouse spells it; with a catalog or project before it.
SCHEMA_NAME = r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)?$"


class MaterializedFile(_Strict):
    """Where `superset-kpi materialize` writes."""

    schema_: str = Field(
        alias="schema", pattern=SCHEMA_NAME, description="Schema that the tables are written to."
    )
    days: int = Field(
        1, ge=0, le=366, description="Days that a table's as_of may lie behind the mapping's."
    )


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Sources = Annotated[list[SourceFile], BeforeValidator(_as_list), Field(min_length=1)]


class PrivacyFile(_Strict):
    """What protects the people behind the numbers."""

    min_n: int = Field(
        10,
        ge=1,
        le=36_525,
        description="Answers below which no score is shown: default and lower bound of every "
        "macro's min_n.",
    )
    single_answers: bool = Field(
        True,
        description="false: no dataset, and no macro, gives the answer or comment of one customer.",
    )


# Engines differ before 1900, and what is a year later must be a date too.
LAST_DAY = dt.date(9000, 12, 31)
Day = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), le=LAST_DAY)]


class MappingFile(_Strict):
    """One mapping: an organisation, brand or unit in one Superset database."""

    title: str | None = Field(None, description="Shown in the titles of dashboards.")
    database: str = Field(description="Name of the Superset database that holds the tables.")
    url: str | None = Field(
        None,
        description="SQLAlchemy URL for the command line; ${NAME} is read from the environment.",
    )
    dialect: str = Field(description="Superset's name of the engine, for example postgresql.")
    as_of: Day | Literal["today", "yesterday"] = Field(
        "yesterday", description="Last complete day of the data."
    )
    timezone: str = Field(
        UTC,
        description="Time zone of the business, for example Europe/Berlin: timestamps that carry "
        "a zone, and today, are converted to it. Timestamps without a zone are in it already.",
    )
    currency: str | None = Field(
        None, pattern="^[A-Z]{3}$", description="ISO 4217 code of all amounts."
    )
    fiscal_year_starts: int = Field(1, ge=1, le=12, description="Month in which the year starts.")
    margin_rate: float | None = Field(
        None, gt=0, le=1, description="Share of an amount that is margin, if no margin is mapped."
    )
    inactive_days: int = Field(
        180,
        ge=1,
        le=36_525,
        description="Days without a purchase after which a customer counts as churned.",
    )
    default_scheme: str | None = Field(
        None, description="Segmentation scheme that dashboards open with; else the first by name."
    )
    scales: dict[Literal[METRICS], ScaleFile] = Field(  # type: ignore[valid-type]
        default_factory=dict, description="Rating scale of each metric."
    )
    privacy: PrivacyFile | None = Field(
        None, description="Smallest number of answers, and whether single ones may be read."
    )
    materialized: MaterializedFile | None = Field(
        None, description="Where `superset-kpi materialize` writes relations that are read often."
    )
    tables: dict[Literal[tuple(LOGICAL_TABLES)], Sources] = Field(  # type: ignore[valid-type]
        description="Logical table: where its rows are."
    )

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            meant = close(value, sorted(available_timezones()))
            hint = f"; {meant} is one" if meant else ", as in Europe/Berlin"
            raise ValueError(f"there is no time zone {said(value)}{hint}") from error
        return value


def json_schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of a mapping file, for editors."""
    mapping = MappingFile.model_json_schema()
    definitions = mapping.pop("$defs")
    tables = mapping["properties"]["tables"]
    one = definitions["SourceFile"]
    for name, logical in LOGICAL_TABLES.items():
        source = {**one, "properties": {**one["properties"]}}
        columns = one["properties"]["columns"]
        source["properties"]["columns"] = {
            **{k: v for k, v in columns.items() if k != "additionalProperties"},
            "properties": dict.fromkeys(logical.columns, columns["additionalProperties"]),
            "required": list(logical.required),
            "additionalProperties": False,
        }
        source["description"] = logical.summary
        definitions[f"{name}_source"] = source
        reference = {"$ref": f"#/$defs/{name}_source"}
        tables.setdefault("properties", {})[name] = {
            "anyOf": [reference, {"type": "array", "items": reference, "minItems": 1}]
        }
    tables.pop("propertyNames", None)
    tables["additionalProperties"] = False
    definitions.pop("SourceFile")
    definitions["MappingFile"] = mapping
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "superset-kpi mapping file",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/MappingFile"},
        "$defs": definitions,
    }
