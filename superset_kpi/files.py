"""Writes files whole or not at all: whoever reads one never finds half of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from superset_kpi.errors import KpiError


class FileFault(KpiError):
    """A file that cannot be written; what stood there before is untouched."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: the file cannot be written ({why}). "
            "Make room, or write it to another place; nothing there has changed."
        )
        self.why = why


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Writes the file beside its place and moves it there; a full disk leaves the old one whole.

    A link stays one, and an existing file keeps its permissions; `mode` is that of a new one.
    What is no file, such as a pipe or a terminal, is written to as it stands.
    """
    raw = content.encode() if isinstance(content, str) else content
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(raw)
        else:
            _replace(place, raw, mode)
    except OSError as error:
        raise FileFault(path, error.strerror or type(error).__name__) from error


def _replace(place: Path, raw: bytes, mode: int | None) -> None:
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with part.open("xb") as file:  # never through a link that somebody laid there
            if mode is not None:
                part.chmod(mode)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            shutil.copymode(place, part)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
