"""The settings page: what is checked, what is saved, and in which words it is refused."""

from pathlib import Path

import pytest

from common.errors import SettingsError
from common.settings import load_settings, save_settings
from controller_app.settings import ControllerSettings, login_name
from controller_app.settings_view_model import SettingsViewModel

SERVER = "https://support.example.com:47111#" + "4f" * 32
SETTINGS = ControllerSettings(technician="Jana Weber", organisation="", server="")


def made() -> tuple[SettingsViewModel, list[ControllerSettings]]:
    kept: list[ControllerSettings] = []
    return SettingsViewModel(SETTINGS, kept.append), kept


def test_good_settings_are_saved_and_announced() -> None:
    view_model, kept = made()
    announced: list[object] = []
    view_model.saved.connect(announced.append)

    view_model.save("  Jana   Weber ", "Acme", f" {SERVER} ")

    wanted = ControllerSettings(technician="Jana Weber", organisation="Acme", server=SERVER)
    assert kept == announced == [wanted]
    assert view_model.settings == wanted


@pytest.mark.parametrize(
    ("technician", "organisation", "server", "field"),
    [
        ("", "", "", "technician_problem"),
        ("   ", "", "", "technician_problem"),
        ("x" * 65, "", "", "technician_problem"),
        ("Jana\u202e", "", "", "technician_problem"),
        ("Jana", "x" * 65, "", "organisation_problem"),
        ("Jana", "", "http://support.example.com", "server_problem"),
        ("Jana", "", "https://support.example.com#abc", "server_problem"),
        ("Jana", "", "two words", "server_problem"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_saved(
    technician: str, organisation: str, server: str, field: str
) -> None:
    view_model, kept = made()
    view_model.save(technician, organisation, server)
    assert kept == []
    assert not view_model.state.is_valid
    problems = {
        name: getattr(view_model.state, name)
        for name in ("technician_problem", "organisation_problem", "server_problem")
    }
    assert [name for name, problem in problems.items() if problem] == [field]
    assert problems[field].endswith(".")


def test_a_file_that_can_not_be_written_is_told() -> None:
    def refuse(settings: ControllerSettings) -> None:
        raise SettingsError("controller.toml", "can't be written: no space left on device")

    view_model = SettingsViewModel(SETTINGS, refuse)
    view_model.save("Jana", "", "")
    assert "no space left" in view_model.state.save_problem
    assert view_model.settings == SETTINGS


def test_settings_survive_their_file(tmp_path: Path) -> None:
    settings = ControllerSettings(technician="Jana", organisation="Acme", server=SERVER)
    save_settings(tmp_path / "controller.toml", settings)
    assert load_settings(tmp_path / "controller.toml", ControllerSettings) == settings


def test_without_a_file_the_name_is_that_of_the_login(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "none.toml", ControllerSettings)
    assert settings == ControllerSettings(technician=login_name(), organisation="", server="")
