"""A file written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace(target: Path, content: bytes, mode: int) -> None:
    """Move ``content`` over ``target`` in one step, with permissions ``mode``.

    It is written beside its place first. Raises `OSError`, with the target as it was.
    """
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
