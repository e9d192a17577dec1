"""Windows in a language of longer words: nothing is cut off, nothing lies over another."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from common.protocol.session_events import SessionEnded, SessionPaired, WrongCodeTyped
from common.qt.labels import ElidedLabel
from common.reasons import ConnectionProblem, EndReason
from common.transport.connection_events import BrokerLost
from controller_app.about_window import AboutWindow
from controller_app.code_view_model import CodeViewModel
from controller_app.code_window import CodeWindow
from controller_app.main_view_model import MainViewModel
from controller_app.main_window import MainWindow
from controller_app.session_bar import SessionBar
from controller_app.session_view_model import SessionViewModel
from controller_app.settings import ControllerSettings
from controller_app.settings_view_model import SettingsViewModel
from controller_app.settings_window import SettingsWindow
from tests.controller.recorded_commands import RecordedCommands
from tests.controller.session_samples import code_changed, connected, started

SETTINGS = ControllerSettings(technician="Jana Weber", organisation="Acme", server="")
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class LongWords(QTranslator):
    """Makes every text of the controller 40 % longer, as German does."""

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        if context != "Controller":
            return ""
        return text + " " + ("Verbindungs-Zeichen " * len(text))[: max(3, round(len(text) * 0.4))]


@pytest.fixture(autouse=True)
def long_words(qapp: QApplication) -> Iterator[None]:
    translator = LongWords()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def assert_readable(window: QWidget) -> None:
    """Every label and button has the room that its words need, and no two overlap."""
    window.show()
    for _ in range(3):
        QApplication.sendPostedEvents()
    texts = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton)
        and widget.isVisible()
        and not isinstance(widget, ElidedLabel)
        and widget.text()
    ]
    places: list[tuple[QWidget, QRect]] = []
    for widget in texts:
        if isinstance(widget, QLabel) and widget.wordWrap():
            assert widget.height() >= widget.heightForWidth(widget.width()), widget.text()
        else:
            assert widget.width() >= widget.minimumSizeHint().width(), widget.text()
        place = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
        for other, taken in places:
            assert not taken.intersects(place), (widget, other)
        places.append((widget, place))


def test_the_main_window_has_room(qtbot: QtBot) -> None:
    view_model = MainViewModel(RecordedCommands(), SETTINGS)
    window = MainWindow(view_model)
    qtbot.addWidget(window)
    view_model.handle(connected())
    assert_readable(window)
    view_model.handle(BrokerLost("a:1", ConnectionProblem.WRONG_FINGERPRINT, 5.0))
    assert_readable(window)


def test_the_code_window_has_room(qtbot: QtBot) -> None:
    view_model = CodeViewModel(RecordedCommands())
    window = CodeWindow(view_model, SETTINGS)
    qtbot.addWidget(window)
    view_model.handle(connected("https://support.example.com"))
    view_model.start()
    view_model.handle(code_changed(view_model._now() + 900))
    view_model.handle(WrongCodeTyped(1, "ANNA-LAPTOP"))
    assert_readable(window)
    view_model.handle(SessionPaired("ANNA-LAPTOP", "4821"))
    assert_readable(window)
    view_model.handle(SessionEnded(EndReason.NOT_ANSWERED, True))
    assert_readable(window)


def test_the_settings_and_about_have_room(qtbot: QtBot) -> None:
    view_model = SettingsViewModel(SETTINGS, lambda settings: None)
    for window in (SettingsWindow(view_model), AboutWindow()):
        qtbot.addWidget(window)
        assert_readable(window)
    view_model.check("", "", "no address")
    page = SettingsWindow(view_model)
    qtbot.addWidget(page)
    assert_readable(page)


@pytest.mark.parametrize("width", [480, 640, 800, 1000, 1400, 1900])
@pytest.mark.parametrize("is_full_screen", [True, False])
def test_the_session_bar_leaves_out_what_has_no_room(
    qtbot: QtBot, width: int, is_full_screen: bool
) -> None:
    view_model = SessionViewModel(RecordedCommands())
    view_model.handle(started())
    bar = SessionBar()
    qtbot.addWidget(bar)
    bar.setFixedWidth(width)
    bar.control_alt_delete_button.setText("Ctrl+Alt+Del")
    bar.show_full_screen(is_full_screen)
    bar.show_state(view_model.state)
    assert_readable(bar)
