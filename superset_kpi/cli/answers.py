"""The answers to what a proposal cannot tell: at a prompt, or beforehand by -o KEY=VALUE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from superset_kpi.cli.group import UsageFault

if TYPE_CHECKING:
    from superset_kpi.proposal.draft import Question

# Answers that belong to no question of one warehouse.
SETTINGS = ("title", "database", "currency", "margin_rate", "customers", "transactions")
TABLES = ("ratings", "subscriptions")
MINOR, SCALE = "minor_units", "scale."


def share(text: str) -> float:
    """Returns the margin rate that was answered."""
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise UsageFault(f"init: margin_rate is {text!r} and must be a share, for example 0.3.")
    return share


def answered(question: Question) -> str:
    """Asks until the answer can be used; the default is taken by Enter."""
    kind = click.Choice(question.choices) if question.choices else None
    while True:
        text: str = click.prompt(
            question.text, default=question.default, type=kind, show_default=bool(question.default)
        )
        if fault := _fault(question.key, text):
            click.echo(fault, err=True)
            continue
        return text


def _fault(key: str, text: str) -> str | None:
    """Returns what is wrong with an answer, if anything is."""
    if not text:
        return None
    if key == "currency" and not re.fullmatch("[A-Za-z]{3}", text):
        return "A currency has three letters, for example EUR."
    if key == "margin_rate" and not re.fullmatch(r"0?\.\d+|1(\.0+)?", text):
        return "A share is a number such as 0.3."
    if key.startswith(SCALE) and not _is_scale(text):
        return "A scale is two numbers such as 1-10."
    if key == MINOR and text not in ("yes", "no"):
        return "Say yes or no."
    return None


def _is_scale(text: str) -> bool:
    found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text)
    return found is not None and int(found[1]) < int(found[2])


def read_answers(options: tuple[str, ...]) -> dict[str, str]:
    """Returns the answers that were given beforehand."""
    from superset_kpi.errors import nearest
    from superset_kpi.mapping.logical import METRICS

    known = (*SETTINGS, *TABLES, MINOR, *(f"{SCALE}{metric}" for metric in METRICS))
    answers: dict[str, str] = {}
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            raise UsageFault(
                f"init: {option!r} is no answer. Write -o KEY=VALUE, for example -o currency=EUR."
            )
        if key not in known:
            raise UsageFault(f"init: there is no question {key!r}. {nearest(key, known)}")
        if key in TABLES and text != "none":
            raise UsageFault(f"init: {key} can only be left out. Write -o {key}=none.")
        if fault := _fault(key, text):
            raise UsageFault(f"init: {key} is {text!r}. {fault}")
        answers[key] = text
    return answers
