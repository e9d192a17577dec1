"""The folder that a program keeps its files in."""

import os
import stat
from pathlib import Path

import pytest

from common.data_folder import default_data_folder, open_data_folder
from common.errors import SettingsError


def test_the_chosen_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = open_data_folder("target", tmp_path / "deep" / "down")
    assert folder == tmp_path / "deep" / "down"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_there_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    assert open_data_folder("target", tmp_path) == tmp_path
    assert (tmp_path / "kept").read_text() == "x"


def test_a_relative_folder_stays_where_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_data_folder("target", Path("data")) == tmp_path / "data"


def test_each_program_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folders = {open_data_folder(program) for program in ("controller", "target", "broker")}
    assert len(folders) == 3
    assert all(folder.parent.name == "farhand" for folder in folders)
    assert default_data_folder("target") in folders


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(SettingsError, match=rf"--data-dir: {file}: is not a folder"):
        open_data_folder("target", file)
    with pytest.raises(SettingsError, match="is not a folder"):
        open_data_folder("target", file / "below")


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs a file system that takes no files")
def test_a_folder_that_takes_no_files_is_told() -> None:
    with pytest.raises(SettingsError, match="--data-dir: /proc/self: can't be written"):
        open_data_folder("target", Path("/proc/self"))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="permission denied"):
        open_data_folder("target", tmp_path)
    tmp_path.chmod(0o700)
