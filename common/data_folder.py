"""Where a program keeps its files: the platform's place for it, or what `--data-dir` says.

The folder belongs to its user alone. What lies in it is others' business; they get a path
that exists and can be written.
"""

import tempfile
from pathlib import Path
from typing import Final

import platformdirs

from common.errors import SettingsError, reason_of

OPTION: Final = "--data-dir"
FOLDER_MODE: Final = 0o700


def default_data_folder(program: str) -> Path:
    """Name the platform's folder for `program`: "controller", "target" or "broker"."""
    return Path(platformdirs.user_data_dir("farhand", appauthor=False)) / program


def open_data_folder(program: str, chosen: Path | None = None) -> Path:
    """Make the folder where it is missing and return it, absolute. `chosen` is `--data-dir`.

    Raises SettingsError when it can't be made or written.
    """
    folder = (chosen or default_data_folder(program)).expanduser().absolute()
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        check_is_writable(folder)
    except OSError as error:
        raise SettingsError(OPTION, f"{folder}: {_in_words(error)}") from error
    return folder


def check_is_writable(folder: Path) -> None:
    """Write a byte into `folder` and remove it again: access bits alone do not tell, for a
    read-only file system or a full disk. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"0")
        probe.flush()


def _in_words(error: OSError) -> str:
    match error:
        case FileExistsError() | NotADirectoryError():
            return "is not a folder"
        case PermissionError():
            return "can't be written: permission denied"
        case _:
            return f"can't be written: {reason_of(error)}"
