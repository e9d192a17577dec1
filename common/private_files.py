"""Writes files whole or not at all, readable by their owner alone.

Used for settings and for what a program knows about servers. Knows nothing of contents.
"""

import os
import tempfile
from pathlib import Path


def write_privately(path: Path, content: bytes) -> None:
    """Put `content` in place of `path` in one step, mode 0600. Raises OSError.

    The new file is on the disk before it takes the name, so that a power cut leaves the old
    content or the new one.
    """
    handle, temporary_name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(temporary_name)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
