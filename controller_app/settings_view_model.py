"""The settings page's state: what is typed, what is wrong with it, and saving it.

Checks with the rules of `controller_app.settings`; the sentences are made here from them,
because each belongs to one field. Knows no widget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from PySide6.QtCore import QObject, Signal

from common.errors import SettingsError
from common.qt.display_text import MAXIMUM_NAME_CHARACTERS
from controller_app.sentences import tr
from controller_app.settings import (
    ControllerSettings,
    SettingsProblem,
    name_problem,
    server_problem,
)


@dataclass(frozen=True, slots=True)
class SettingsState:
    """What is wrong with each field, empty where nothing is."""

    technician_problem: str = ""
    organisation_problem: str = ""
    server_problem: str = ""
    save_problem: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether the fields can be saved."""
        return not (self.technician_problem or self.organisation_problem or self.server_problem)


class SettingsViewModel(QObject):
    """Checks and saves what is typed into the settings page."""

    state_changed = Signal(object)
    saved = Signal(object)
    """The ControllerSettings that hold from now on."""

    def __init__(
        self, settings: ControllerSettings, save: Callable[[ControllerSettings], None]
    ) -> None:
        super().__init__()
        self._save = save
        self._state = SettingsState()
        self.settings = settings
        """What was saved last."""

    @property
    def state(self) -> SettingsState:
        """What is wrong now."""
        return self._state

    def check(self, technician: str, organisation: str, server: str) -> SettingsState:
        """Say what is wrong with what is typed."""
        self._show(
            SettingsState(
                technician_problem=_name_sentence(name_problem(technician, is_required=True)),
                organisation_problem=_name_sentence(name_problem(organisation, is_required=False)),
                server_problem=_server_sentence(server_problem(server)),
            )
        )
        return self._state

    def save(self, technician: str, organisation: str, server: str) -> None:
        """Save and announce what is typed, if nothing is wrong with it."""
        if not self.check(technician, organisation, server).is_valid:
            return
        settings = ControllerSettings(
            technician=" ".join(technician.split()),
            organisation=" ".join(organisation.split()),
            server=server.strip(),
        )
        try:
            self._save(settings)
        except SettingsError as error:
            words = tr("The settings can't be saved: {problem}.").format(problem=error.problem)
            self._show(SettingsState(save_problem=words))
            return
        self.settings = settings
        self.saved.emit(settings)

    def _show(self, state: SettingsState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _name_sentence(problem: SettingsProblem | None) -> str:
    match problem:
        case None:
            return ""
        case SettingsProblem.EMPTY:
            return tr("Enter your name: the people you help read it when they are asked.")
        case SettingsProblem.TOO_LONG:
            return tr("Use at most {count} characters.").format(count=MAXIMUM_NAME_CHARACTERS)
        case SettingsProblem.NOT_PRINTABLE:
            return tr("There is an invisible character in it that can't be shown.")
    assert_never(problem)


def _server_sentence(problem: str) -> str:
    """The rules of addresses say in words what is wrong; make a sentence of it."""
    return problem[:1].upper() + problem[1:] + "." if problem else ""
