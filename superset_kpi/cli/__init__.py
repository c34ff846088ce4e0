"""The command line: `superset-kpi ...`, and the same group as `superset kpi ...`.

Flask loads this module with every `superset` command, so it imports nothing but click: whatever a
command needs is imported when it runs.
"""

from __future__ import annotations

import click

from superset_kpi import __version__
from superset_kpi.cli import (
    checks,
    dashboards,
    documents,
    fitting,
    instance,
    macros,
    mapping,
    materializing,
    starting,
)
from superset_kpi.cli.group import KpiGroup

__all__ = ["main", "superset_group"]


@click.group(
    "kpi",
    cls=KpiGroup,
    epilog="Example: superset-kpi init && superset-kpi check-mapping && superset-kpi plan",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="superset-kpi")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.option("--verbose", is_flag=True, help="Show Superset's log.")
def superset_group(debug: bool, verbose: bool) -> None:
    """Customer KPIs for Apache Superset: perceived value, experience, lifetime value.

    The mapping file is --mapping, else SUPERSET_KPI_MAPPING, else ./kpi.yaml; if it holds
    several mappings, FILE:NAME picks one.
    """


for _command in (
    starting.init,
    starting.presets,
    mapping.check_mapping,
    mapping.schema,
    macros.macros,
    macros.render,
    macros.query,
    checks.check,
    fitting.fit,
    materializing.materialize,
    dashboards.plan,
    dashboards.install,
    dashboards.uninstall,
    dashboards.export,
    instance.status,
    instance.diff,
    instance.doctor,
    dashboards.demo,
    documents.card,
    documents.docs,
    documents.test,
    documents.completion,
):
    superset_group.add_command(_command)


def main() -> None:
    """Runs the command line of `superset-kpi`."""
    superset_group(prog_name="superset-kpi")
