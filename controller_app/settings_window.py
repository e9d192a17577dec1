"""The settings page: the technician's name, the organisation, the server."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from common.qt.buttons import primary_button, secondary_button
from common.qt.field import LabelledField
from common.qt.labels import TextStyle, label
from common.qt.status import MessageBanner
from common.qt.status_kind import StatusKind
from common.qt.tall_enough import TallEnough
from common.qt.theme import Space
from controller_app.sentences import tr
from controller_app.settings_view_model import SettingsState, SettingsViewModel


class SettingsWindow(QDialog):
    """Binds three fields to the settings' view-model."""

    def __init__(self, view_model: SettingsViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view_model = view_model
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(480)
        self.technician = LabelledField(
            tr("Your name"), tr("The people you help read it when they are asked.")
        )
        self.organisation = LabelledField(tr("Organisation"), tr("Who you work for, if you like."))
        self.server = LabelledField(
            tr("Server"),
            tr(
                "Leave it empty to help people on your own network: this computer is the broker "
                "then. For people elsewhere, enter the address that your server shows."
            ),
        )
        self.server.edit.setPlaceholderText("https://support.example.com:47111#…")
        self.banner = MessageBanner()
        self.save_button = primary_button(tr("Save"))
        self.save_button.setDefault(True)
        self.cancel_button = secondary_button(tr("Cancel"))
        self._lay_out()
        self._fill()
        self.save_button.clicked.connect(self._save)
        self.cancel_button.clicked.connect(self.reject)
        for field in (self.technician, self.organisation, self.server):
            field.edit.editingFinished.connect(self._check)
        view_model.state_changed.connect(self._show_state)
        view_model.saved.connect(self.accept)
        self._show_state(view_model.state)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.SMALL)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        column.setSpacing(Space.LARGE)
        column.addWidget(label(tr("Settings"), TextStyle.TITLE))
        for widget in (self.banner, self.technician, self.organisation, self.server):
            column.addWidget(widget)
        column.addStretch(1)
        column.addSpacing(Space.SMALL)
        column.addLayout(buttons)
        TallEnough(self, column)

    def _fill(self) -> None:
        settings = self._view_model.settings
        self.technician.edit.setText(settings.technician)
        self.organisation.edit.setText(settings.organisation)
        self.server.edit.setText(settings.server)
        self.server.edit.setCursorPosition(0)
        self.technician.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self) -> tuple[str, str, str]:
        return (
            self.technician.edit.text(),
            self.organisation.edit.text(),
            self.server.edit.text(),
        )

    @Slot()
    def _check(self) -> None:
        self._view_model.check(*self._typed())

    @Slot()
    def _save(self) -> None:
        self._view_model.save(*self._typed())

    @Slot(object)
    def _show_state(self, state: SettingsState) -> None:
        self.technician.show_problem(state.technician_problem)
        self.organisation.show_problem(state.organisation_problem)
        self.server.show_problem(state.server_problem)
        self.banner.show_message(StatusKind.ERROR, state.save_problem)
