"""How the instance differs from what would be installed, part by part, to be read by people.

A part is what an upgrade writes or leaves as a whole: a dataset's SQL, one of its metrics, a
chart's query, a dashboard's layout. See dashboards/record.py. Needs the
application.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from superset_kpi.dashboards.record import merged, normal, relinked
from superset_kpi.superset.installed import by_uuid
from superset_kpi.superset.plan import Plan, Step


@dataclass(frozen=True)
class Difference:
    """A part of an object in Superset that is not as the files have it.

    `stays` says that a user made it so, and no installation changes it. `lines` are a unified
    diff from the instance to the files; without a part the object is on one side only.
    """

    kind: str
    key: str
    name: str
    action: str
    part: str = ""
    stays: bool = False
    lines: tuple[str, ...] = ()


def differences(planned: Plan) -> list[Difference]:
    """Returns what differs between the instance and what the plan would write, in its order."""
    shipped = {tree["uuid"]: tree for _, _, tree in planned.bundle.trees()}
    found: list[Difference] = []
    for step in planned.steps:
        if step.action in ("update", "edited") and step.uuid in shipped:
            found += _parts(step, shipped[step.uuid])
        elif step.action in ("create", "remove", "clash"):
            found.append(Difference(step.kind, step.key, step.name, step.action))
    return found


def _parts(step: Step, shipped: dict[str, Any]) -> Iterator[Difference]:
    current = by_uuid(step.kind, step.uuid)
    assert current is not None  # the plan has just seen it
    kind, written = step.kind, merged(step.kind, shipped, current.tree, current.record)[0]
    have = normal(kind, relinked(kind, shipped, current.tree))
    want, left = normal(kind, shipped), normal(kind, written)
    for part in {**want, **have}:
        now, then = _text(have.get(part)), _text(want.get(part))
        if now != then:
            yield Difference(
                step.kind,
                step.key,
                step.name,
                step.action,
                part,
                left.get(part) == have.get(part),
                tuple(difflib.unified_diff(now, then, "instance", "files", lineterm="", n=2)),
            )


def _text(value: Any) -> list[str]:
    """Returns a value as lines: a text as it is, anything else as JSON with sorted keys."""
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines()
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str).splitlines()
