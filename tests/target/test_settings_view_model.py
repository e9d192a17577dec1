"""The settings page's state: draft, problems, saving, and when nothing may be changed."""

from dataclasses import dataclass, field

import pytest

from common.errors import SettingsError
from target_app.properties import (
    PropertySources,
    TargetProperties,
    property_named,
)
from target_app.settings_view_model import SettingsViewModel

CONFIRM = property_named("ConfirmTakeOver")
GRACE = property_named("AcceptanceGraceTime")
SERVER = property_named("ServerURL")


@dataclass
class File:
    """Where the page saves to."""

    saved: list[TargetProperties] = field(default_factory=list)
    problem: str = ""

    def save(self, stored: TargetProperties) -> None:
        if self.problem:
            raise SettingsError("target.toml", self.problem)
        self.saved.append(stored)


@pytest.fixture
def file() -> File:
    return File()


@pytest.fixture
def settings(file: File) -> SettingsViewModel:
    return SettingsViewModel(PropertySources(TargetProperties()), file.save)


def test_what_is_changed_is_saved_when_asked(settings: SettingsViewModel, file: File) -> None:
    told: list[PropertySources] = []
    settings.saved.connect(told.append)
    assert not settings.state.can_save
    settings.change(GRACE, 20)
    assert file.saved == []
    settings.save()
    assert file.saved == [TargetProperties(acceptance_grace_seconds=20)]
    assert told[0].effective.acceptance_grace_seconds == 20
    assert not settings.state.can_save
    assert settings.state.message


def test_a_wrong_value_is_told_at_its_field_and_not_saved(
    settings: SettingsViewModel, file: File
) -> None:
    settings.change(SERVER, "http://example.org")
    assert settings.state.problems["ServerURL"]
    settings.change(GRACE, 20)
    settings.save()
    assert file.saved == []
    settings.change(SERVER, "https://example.org:443")
    assert not settings.state.problems
    settings.save()
    assert file.saved[0].server_url == "https://example.org:443"


def test_back_forgets_the_draft(settings: SettingsViewModel) -> None:
    settings.change(CONFIRM, False)
    settings.discard()
    assert settings.state.draft == TargetProperties()


def test_nothing_can_be_loosened_while_somebody_is_connected(
    settings: SettingsViewModel, file: File
) -> None:
    settings.change(CONFIRM, False)
    settings.set_in_session(True)
    assert settings.state.draft.confirm_take_over
    settings.change(CONFIRM, False)
    settings.save()
    assert file.saved == []
    settings.set_in_session(False)
    settings.change(CONFIRM, False)
    settings.save()
    assert len(file.saved) == 1


def test_what_the_command_line_set_is_shown_locked_and_never_written(file: File) -> None:
    sources = PropertySources(TargetProperties()).with_override("ConfirmTakeOver=no")
    settings = SettingsViewModel(sources, file.save)
    assert settings.state.value(CONFIRM) is False
    assert settings.state.locked_names == {"ConfirmTakeOver"}
    settings.change(CONFIRM, True)
    assert settings.state.value(CONFIRM) is False
    settings.change(GRACE, 20)
    settings.save()
    assert file.saved == [TargetProperties(confirm_take_over=True, acceptance_grace_seconds=20)]


def test_a_file_that_can_not_be_written_is_told(settings: SettingsViewModel, file: File) -> None:
    file.problem = "disk full"
    settings.change(GRACE, 20)
    settings.save()
    assert "disk full" in settings.state.message
    assert settings.state.can_save
