"""fit: parameters of the predictive models, from the warehouse to a file beside the mapping."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import FINDINGS, json_option, mapping_option, output_option

if TYPE_CHECKING:
    from superset_kpi.mapping.models import ModelsFile


@click.command(epilog="Example: superset-kpi fit --mapping kpi.yaml:shop --scheme Plan")
@mapping_option
@click.option(
    "--model",
    type=click.Choice(["auto", "bg_nbd", "mbg_nbd"]),
    default="auto",
    show_default=True,
    help="Model of purchases; auto picks the likelier one.",
)
@click.option(
    "--exact",
    is_flag=True,
    help="Group customers by day and by value, however many groups that gives.",
)
@click.option(
    "--scheme", "schemes", multiple=True, help="Fit its segments too; repeat for more schemes."
)
@click.option(
    "--calibration-end",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day of the calibration; later purchases test the forecast. "
    "[default: the last third is held out, at most a year]",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day of the observation; nothing later is read. [default: as_of of the mapping]",
)
@click.option("--dry-run", is_flag=True, help="Print what is fitted and write no file.")
@json_option
@output_option
def fit(
    mapping: str | None,
    model: str,
    exact: bool,
    schemes: tuple[str, ...],
    calibration_end: dt.datetime | None,
    until: dt.datetime | None,
    dry_run: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Fit the models of purchases, spend and renewals, and write FILE.models.yaml.

    Reads counts of similar customers from the mapping's url, never single customers. Macros such as
    clv_predicted use the file from the next call on; the one before is kept beside it as
    FILE.models.previous.yaml. Exit 1 if nothing could be fitted.
    """
    from superset_kpi.cli.mapping_file import locate, read_one
    from superset_kpi.cli.output import json_text, note, write
    from superset_kpi.fit import Options, write_models
    from superset_kpi.fit import fit as fit_mapping
    from superset_kpi.fit.models_file import previous_path

    path, _ = locate(mapping)
    chosen = read_one(mapping)
    day = calibration_end.date() if calibration_end else None
    end = until.date() if until else None
    fitted = fit_mapping(chosen, Options(model, exact, schemes, day, end))
    if as_json:
        write(json_text({chosen.name: fitted.plain()}), output)
    else:
        write(_report(chosen.name, fitted), output)
    if not fitted.has_models:
        raise click.exceptions.Exit(FINDINGS)
    if not dry_run:
        written = write_models(path, chosen.name, fitted)
        note(f"{written}: written. Commit it with the mapping.")
        if (before := previous_path(written)).is_file():
            note(f"{before}: the models before the last change. Rename it to have them back.")


def _report(name: str, fitted: ModelsFile) -> str:
    lines, record = [], fitted.plain()
    for entry in record.get("customers", []):
        for kind in ("purchases", "spend"):
            if kind in entry:
                lines += _model_lines(f"{name}: {entry['segment']}: {kind}", entry[kind])
    for entry in record.get("contracts", []):
        lines += _model_lines(f"{name}: {entry['segment']}: renewals", entry["renewals"])
    if "holdout" in record:
        lines.append(_holdout_line(name, record["holdout"]))
    lines += [f"{name}: not fitted: {reason}" for reason in fitted.not_fitted]
    return "\n".join(lines)


def _model_lines(where: str, model: dict[str, Any]) -> list[str]:
    values = ", ".join(f"{key} {value:.5g}" for key, value in model["parameters"].items())
    first = (
        f"{where}: {model['model']}: {values} (n {model['observations']}, log-likelihood "
        f"{model['log_likelihood']:.1f})"
    )
    return [first, *(f"{where}: {problem}" for problem in model["problems"])]


def _holdout_line(name: str, holdout: dict[str, Any]) -> str:
    result = holdout["result"]
    text = f"{name}: after {holdout['calibration_end']}: {result['actual']:,.0f} purchase days"
    for key, title in (("predicted", "model"), ("naive", "naive rate")):
        error = result.get(f"{key}_error")
        shown = f" ({error:+.1%})" if error is not None else ""
        text += f", {title} {result[key]:,.0f}{shown}"
    return text
