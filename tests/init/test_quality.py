"""How right proposals are: for warehouses of unlike shapes, compared with mappings by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import connection
from tests.init.conftest import Run
from tests.init.measure import FOUND, measured
from tests.init.warehouses import ENGINES, build

EXPECTED = read_mappings(Path(__file__).with_name("expected.yaml"))
# What no name or value tells, answered as at a prompt.
ANSWERS = {
    "toasty": ["minor_units=yes"],
    "jaffle": ["minor_units=yes"],
    "panel": ["scale.value=1-10"],
}


def proposal(run: Run, name: str, folder: Path) -> Mapping:
    url = build(name, folder)
    options = [word for answer in ANSWERS.get(name, []) for word in ("-o", answer)]
    result = run("init", f"{name}.yaml", "--url", url, "--name", name, "--yes", *options)
    assert result.exit_code == 0, result.output
    return replace(read_mappings(folder / f"{name}.yaml")[name], url=url)


@pytest.mark.parametrize("name", ENGINES)
def test_a_proposal_is_measured(name: str, run: Run, tmp_path: Path) -> None:
    mapping = proposal(run, name, tmp_path)
    with connection(mapping) as opened:
        FOUND[name] = measured(EXPECTED[name], mapping, opened)
    checked = run("check-mapping", "-m", f"{name}.yaml", env={"WAREHOUSE_URL": mapping.url})
    assert (
        f"{name}: {len(mapping.tables)} tables mapped; file and warehouse agree." in checked.output
    )
    assert FOUND[name].tables_right / FOUND[name].tables >= 0.5, FOUND[name].notes


def test_proposals_are_as_right_as_they_are_meant_to_be() -> None:
    if FOUND.keys() != ENGINES.keys():
        pytest.skip("not all warehouses were measured in this process")
    found = [*FOUND.values()]
    assert sum(f.tables_right for f in found) >= 0.95 * sum(f.tables for f in found)
    assert sum(f.columns_right for f in found) >= 0.90 * sum(f.columns for f in found)
    assert sum(f.wrong for f in found) < 0.03 * sum(f.proposed for f in found)
