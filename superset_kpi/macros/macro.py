"""What a macro file declares, and the closed set of what it may declare."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from sqlglot import exp

ArgumentType = Literal[
    "integer", "number", "text", "date", "boolean", "choice", "column", "expression", "relation"
]
ReturnType = Literal["string", "integer", "number", "date", "timestamp", "boolean"]

# Those with a dot are of the model of all customers, where one is fitted.
SETTINGS = (
    "as_of",
    "currency",
    "fiscal_shift",
    "margin_rate",
    "inactive_days",
    "default_scheme",
    *(f"model.{name}" for name in "model r alpha a b p q gamma".split()),
    *(f"models.{name}" for name in "observation_start observation_end calibration_end".split()),
)


@dataclass(frozen=True)
class Argument:
    """An argument: `is_required` has no default; `setting` takes its default from the mapping."""

    name: str
    type: ArgumentType
    doc: str
    is_required: bool
    default: Any = None
    setting: str | None = None
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Returned:
    """A column that a relation returns, or what an expression gives (then its name is empty)."""

    name: str
    type: ReturnType
    doc: str
    unit: str | None = None
    range: str | None = None


@dataclass(frozen=True)
class Macro:
    """One file of `sql_macros/`: its header, and its body as a tree in the canonical dialect.

    The header is whole: what vocabulary.yaml or the target of an alias says is filled in.

    `needs` are the columns that its body reads, by table, of the tables without which it is
    switched off, `uses` the tables that may be missing, `needs_one_of` those of them of which one
    has to be mapped. `carries` names the argument whose columns come along: a caller reads them by
    the alias that it gives the call. `single_answers` is said of a relation whose rows hold what
    one customer answered, always or with the arguments that it names, `filtered_last` of one whose
    filters an engine must not apply before its joins.
    """

    name: str
    area: str
    kind: Literal["relation", "expression"]
    summary: str
    grain: str | None
    needs: MappingProxyType[str, tuple[str, ...]]
    uses: tuple[str, ...]
    args: MappingProxyType[str, Argument]
    returns: MappingProxyType[str, Returned]
    source: str
    example: MappingProxyType[str, Any]
    is_internal: bool
    carries: str | None
    check: MappingProxyType[str, str]
    body: exp.Expression
    single_answers: bool | MappingProxyType[str, str] = False
    filtered_last: bool = False
    needs_one_of: tuple[str, ...] = ()

    def gives_single_answers(self, values: Dict[str, Any]) -> bool:
        """Returns whether rows hold what one customer answered, by the values of the arguments."""
        if isinstance(self.single_answers, bool):
            return self.single_answers
        given = {name: values.get(name, self.args[name].default) for name in self.single_answers}
        return given == dict(self.single_answers)

    @property
    def needs_arguments(self) -> bool:
        """Whether it cannot be called without any."""
        return any(argument.is_required for argument in self.args.values())
