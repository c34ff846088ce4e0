"""The passes that make a statement of a macro, in the order in which they run.

Each takes a Statement and returns another, and leaves the first as it was. What one does is shown
by the pairs in tests/compiler/<pass>.sql.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from superset_kpi.macros.compiler.add_models import add_models
from superset_kpi.macros.compiler.display import display
from superset_kpi.macros.compiler.expand import expand
from superset_kpi.macros.compiler.finish import finish
from superset_kpi.macros.compiler.map_sources import map_sources
from superset_kpi.macros.compiler.mask import mask
from superset_kpi.macros.compiler.prune import prune
from superset_kpi.macros.compiler.push_down import push_down
from superset_kpi.macros.compiler.specialize import specialize
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.compiler.translate import translate
from superset_kpi.macros.compiler.unmask import unmask

Pass = Callable[[Statement], Statement]

# Calls become what they stand for, and what nobody reads is gone: canonical SQL that calls nothing.
EXPANSION: tuple[Pass, ...] = (mask, expand, prune)

# So far nothing depends on what is fitted, observed or displayed.
PREPARATION: tuple[Pass, ...] = (*EXPANSION, push_down)

# What is known of the rows before one is read.
KNOWLEDGE: tuple[Pass, ...] = (add_models, specialize)

# Nothing so far knows the engine, nor where the mapped columns come from.
CANONICAL: tuple[Pass, ...] = (*PREPARATION, *KNOWLEDGE, display, prune)

WRITING: tuple[Pass, ...] = (map_sources, translate, unmask, finish)

PASSES: tuple[Pass, ...] = (*CANONICAL, *WRITING)


def compiled(statement: Statement, passes: Sequence[Pass] = PASSES) -> Statement:
    """Returns what the passes make of a statement, one after another."""
    return reduce(lambda made, change: change(made), passes, statement)
