"""kpi.yaml and what stands beside it as a running Superset sees them: read again on a change."""

from __future__ import annotations

import logging
from pathlib import Path

from superset_kpi.errors import MappingError
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.models import models_path
from superset_kpi.mapping.tables import read_tables, tables_path

logger = logging.getLogger("superset_kpi")


class MappingFile:
    """A mapping file that follows its changes; asking costs three `stat`s."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        self._read: dict[str, Mapping] | MappingError | None = None
        self._tables: dict[str, tuple[Written, ...]] = {}

    def mappings(self) -> dict[str, Mapping]:
        """Returns the current mappings; a fault in the file is a MappingError at every call."""
        stamp = self._stamp_now()
        if self._read is None or stamp != self._stamp:
            self._read, self._stamp = self._read_now(), stamp
            self._tables = self._tables_now()
        if isinstance(self._read, MappingError):
            raise MappingError(str(self._read))
        return self._read

    def tables(self, mapping: str) -> tuple[Written, ...]:
        """Returns what is recorded as written for a mapping; nothing where the record is faulty."""
        self.mappings()
        return self._tables.get(mapping, ())

    def _stamp_now(self) -> tuple[int, ...]:
        stamp: list[int] = []
        for path in (self.path, models_path(self.path), tables_path(self.path)):
            try:
                status = path.stat()
                stamp += (status.st_mtime_ns, status.st_size)
            except OSError:
                stamp += (0, 0)
        return tuple(stamp)

    def _read_now(self) -> dict[str, Mapping] | MappingError:
        try:
            return read_mappings(self.path)
        except MappingError as error:
            logger.error("The mapping file cannot be used:\n%s", error)
            return error

    def _tables_now(self) -> dict[str, tuple[Written, ...]]:
        try:
            return read_tables(self.path)
        except MappingError as error:
            logger.error("Every relation is computed:\n%s", error)
            return {}
